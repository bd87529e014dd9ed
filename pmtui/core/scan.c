/* Reading a frame of a known shape in one pass, without building what is thrown away again.
 *
 * scan.py says what a shape is. What does not fit answers None: this is the fast road, and the careful one says what is
 * wrong. Nothing is kept of a frame. Python puts a zero byte behind the last one of any bytes; no shape wants one, so that
 * single bytes are looked at without asking first where the frame ends. Whoever looks at more than one asks.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

/* scan.py uses this only when both name the same: an old build beside a newer checkout is left alone. */
#define EDITION 3

#define LONGEST_SPELLING 96 /* of a literal with its blanks, as it was last seen */
#define MOST_DIGITS 9       /* before and after the dot of a decimal, so that it fits 64 bits */
#define MOST_WHOLE 18
#define LONGEST_TEXT 200
#define MEMOS 64 /* a power of two */
#define LONGEST_MEMO 87
#define NUMBERS 4096 /* a power of two */
#define BYTES_OF_A_LEVEL 36

enum Kind {
    LITERAL,
    FLAG,
    TEXT,
    KNOWN,
    THERE,
    PAIR,
    DECIMAL,
    COMMON,
    WHOLE,
    QUOTED,
    EACH,
    LEVELS,
    HIGHEST,
    LOWEST,
    KINDS
};

/* What became of a step: it fits, it does not, or Python raised. */
enum { ERROR = -1, NO = 0, YES = 1 };

/* Numbers that come again and again, as prices do: thousands of books hold the same few objects. */
typedef struct {
    PyObject *numbers[NUMBERS];
} State;

typedef struct {
    const char *at;
    const char *end;
    State *state;
    PyObject *there; /* what the first KNOWN told; the answer holds it */
    int64_t common;  /* the greatest common divisor of what was counted */
    int64_t highest; /* price of the levels before */
    int64_t lowest;
    Py_ssize_t levels; /* how many there were */
} Cursor;

typedef struct Shape Shape;

/* What a table said of a text. */
typedef struct {
    PyObject *table;
    PyObject *value;
    unsigned char length;
    char text[LONGEST_MEMO];
} Memo;

typedef struct {
    enum Kind kind;
    int kept;            /* whether the value is part of the answer */
    Py_ssize_t place;    /* of the value in the answer */
    PyObject *held;      /* LITERAL, FLAG: its pieces, a tuple of bytes; KNOWN, PAIR: the table */
    Memo *memos;         /* KNOWN, THERE, PAIR: from the first look-up on */
    int64_t least, most; /* DECIMAL, WHOLE, QUOTED */
    int shared, counted; /* DECIMAL: one object for one number; whether it counts for COMMON */
    Shape *inner;        /* EACH, LEVELS: a member; PAIR: what stands between */
    Py_ssize_t seen_length;
    char seen[LONGEST_SPELLING];
} Step;

struct Shape {
    Py_ssize_t count;
    Py_ssize_t kept;
    Step steps[];
};

typedef struct {
    PyObject_HEAD
    Shape *shape;
    State *state; /* of the module, which lives as long as this type does */
} Scanner;

static PyObject *read_shape(Shape *shape, Cursor *cursor, int *fits);

/* Small steps */

static inline void
skip_blanks(Cursor *cursor)
{
    const char *at = cursor->at;
    while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') {
        at++;
    }
    cursor->at = at;
}

/* Whether the next byte that is no blank is this one; it is passed when it is. */
static inline int
next_is(Cursor *cursor, char wanted)
{
    if (*cursor->at != wanted) {
        skip_blanks(cursor);
        if (*cursor->at != wanted) {
            return NO;
        }
    }
    cursor->at++;
    return YES;
}

static inline int
is_digit(char byte)
{
    return (unsigned char)(byte - '0') <= 9;
}

static inline uint64_t
eight_bytes(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Whether so many bytes are the same: they are few, and a call would cost more than the look. */
static inline int
are_same(const char *some, const char *others, Py_ssize_t length)
{
    if (length < 8) {
        for (Py_ssize_t n = 0; n < length; n++) {
            if (some[n] != others[n]) {
                return NO;
            }
        }
        return YES;
    }
    Py_ssize_t last = length - 8; /* the last eight may have been looked at in part */
    for (Py_ssize_t n = 0; n < last; n += 8) {
        if (eight_bytes(some + n) != eight_bytes(others + n)) {
            return NO;
        }
    }
    return eight_bytes(some + last) == eight_bytes(others + last);
}

/* A literal in another spelling than the one that was seen last: with blanks wherever JSON allows them. */
static int
read_other_spelling(Step *step, Cursor *cursor)
{
    const char *began = cursor->at;
    for (Py_ssize_t n = 0; n < PyTuple_GET_SIZE(step->held); n++) {
        PyObject *piece = PyTuple_GET_ITEM(step->held, n);
        Py_ssize_t length = PyBytes_GET_SIZE(piece);
        skip_blanks(cursor);
        if (cursor->end - cursor->at < length || !are_same(cursor->at, PyBytes_AS_STRING(piece), length)) {
            cursor->at = began;
            return NO;
        }
        cursor->at += length;
    }
    if (cursor->at - began <= LONGEST_SPELLING) {
        step->seen_length = cursor->at - began;
        memcpy(step->seen, began, step->seen_length);
    }
    return YES;
}

/* The text that is always the same. A venue spells it the same way each time, so what was seen last is compared first. */
static inline int
read_literal(Step *step, Cursor *cursor)
{
    Py_ssize_t length = step->seen_length;
    if (length && cursor->end - cursor->at >= length && are_same(cursor->at, step->seen, length)) {
        cursor->at += length;
        return YES;
    }
    return read_other_spelling(step, cursor);
}

/* A short text in quotes: where it begins, or NULL. Whether its bytes are plain is asked apart. */
static inline const char *
read_quoted(Cursor *cursor, Py_ssize_t *length)
{
    if (!next_is(cursor, '"')) {
        return NULL;
    }
    const char *began = cursor->at;
    Py_ssize_t left = cursor->end - began;
    const char *ended = memchr(began, '"', left <= LONGEST_TEXT ? left : LONGEST_TEXT + 1);
    if (ended == NULL) {
        return NULL;
    }
    *length = ended - began;
    cursor->at = ended + 1;
    return began;
}

/* A bit in each byte of the word that is no printable ASCII or a backslash, and perhaps in bytes after such a one. */
static inline uint64_t
not_plain(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
    uint64_t slash = word ^ ones * '\\', del = word ^ ones * 0x7f;
    return (word | (word - ones * ' ') | (slash - ones) | (del - ones)) & tops;
}

/* Whether all bytes are printable ASCII, and none a backslash: what seemed the end of a text could be an escape. */
static int
are_plain(const char *bytes, Py_ssize_t length)
{
    if (length >= 8) {
        Py_ssize_t last = length - 8;
        uint64_t other = not_plain(eight_bytes(bytes + last));
        for (Py_ssize_t n = 0; n < last; n += 8) {
            other |= not_plain(eight_bytes(bytes + n));
        }
        return !other;
    }
    for (Py_ssize_t n = 0; n < length; n++) {
        if (bytes[n] < ' ' || bytes[n] > '~' || bytes[n] == '\\') {
            return NO;
        }
    }
    return YES;
}

/* A text that is known to be plain. */
static PyObject *
ascii_text(const char *began, Py_ssize_t length)
{
    PyObject *text = PyUnicode_New(length, 127);
    if (text != NULL && length) {
        memcpy(PyUnicode_1BYTE_DATA(text), began, length);
    }
    return text;
}

/* One more number that the common divisor has to divide. As a rule it does already, and both are short. */
static inline void
count_in(Cursor *cursor, int64_t number)
{
    int64_t common = cursor->common;
    if (common && !((number | common) >> 32) && (uint32_t)number % (uint32_t)common == 0) {
        return;
    }
    while (number) {
        int64_t rest = common % number;
        common = number;
        number = rest;
    }
    cursor->common = common;
}

/* Digits from here on, as a number that goes on from `found`: the first byte that is none, or NULL for too many. */
static inline const char *
read_digits(const char *at, int64_t *found, int most)
{
    const char *began = at;
    uint64_t number = (uint64_t)*found; /* too many digits leave nonsense, which nobody looks at */
    for (; is_digit(*at); at++) {
        number = number * 10 + (uint64_t)(*at - '0');
    }
    *found = (int64_t)number;
    return at - began > most ? NULL : at;
}

/* A plain decimal in quotes, counted in billionths. */
static int
read_decimal(const Step *step, Cursor *cursor, int64_t *value)
{
    static const int64_t missing[MOST_DIGITS + 1] = {
        1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1,
    };
    if (!next_is(cursor, '"')) {
        return NO;
    }
    int64_t found = 0;
    Py_ssize_t decimals = 0;
    const char *began = cursor->at, *at = read_digits(began, &found, MOST_DIGITS);
    if (at == NULL || at == began) {
        return NO;
    }
    if (*at == '.') {
        began = at + 1;
        at = read_digits(began, &found, MOST_DIGITS);
        if (at == NULL || at == began) {
            return NO;
        }
        decimals = at - began;
    }
    if (*at != '"') {
        return NO;
    }
    cursor->at = at + 1;
    found *= missing[decimals];
    *value = found;
    if (found < step->least || found > step->most) {
        return NO;
    }
    if (step->counted) {
        count_in(cursor, found);
    }
    return YES;
}

/* The number as an object. */
static inline PyObject *
as_object(const Step *step, const Cursor *cursor, int64_t number)
{
    if (!step->shared) {
        return PyLong_FromLongLong(number);
    }
    PyObject **place = &cursor->state->numbers[((uint64_t)number * 0x9e3779b97f4a7c15u) >> 52];
    int overflow;
    if (*place == NULL || PyLong_AsLongLongAndOverflow(*place, &overflow) != number) {
        PyObject *fresh = PyLong_FromLongLong(number);
        if (fresh == NULL) {
            return NULL;
        }
        Py_XSETREF(*place, fresh);
    }
    return Py_NewRef(*place);
}

/* A whole number as JSON spells it, or in quotes, where it may begin with zeros. */
static int
read_whole(const Step *step, Cursor *cursor, int64_t *value)
{
    int quoted = step->kind == QUOTED;
    if (quoted) {
        if (!next_is(cursor, '"')) {
            return NO;
        }
    }
    else {
        skip_blanks(cursor);
    }
    int64_t found = 0;
    const char *began = cursor->at, *at = read_digits(began, &found, MOST_WHOLE);
    if (at == NULL || at == began || found < step->least || found > step->most) {
        return NO;
    }
    *value = found;
    if (!quoted) {
        cursor->at = at;
        return *began != '0' || at - began == 1;
    }
    if (*at != '"') {
        return NO;
    }
    cursor->at = at + 1;
    return YES;
}

/* Lists */

/* Between two members of a list, or at its end: YES for one more, NO for the end, ERROR for neither. Each member then
 * begins without blanks, spelt as the one before. */
static inline int
one_more(Cursor *cursor)
{
    if (next_is(cursor, ',')) {
        skip_blanks(cursor);
        return YES;
    }
    return next_is(cursor, ']') ? NO : ERROR;
}

static PyObject *
read_each(Step *step, Cursor *cursor, int *fits)
{
    *fits = NO;
    if (!next_is(cursor, '[')) {
        return NULL;
    }
    PyObject *found = PyList_New(0);
    if (found == NULL) {
        *fits = ERROR;
        return NULL;
    }
    skip_blanks(cursor);
    int more;
    do {
        PyObject *member = read_shape(step->inner, cursor, fits);
        if (member == NULL) {
            Py_DECREF(found);
            return NULL;
        }
        int failed = PyList_Append(found, member);
        Py_DECREF(member);
        if (failed) {
            *fits = ERROR;
            Py_DECREF(found);
            return NULL;
        }
        more = one_more(cursor);
    } while (more == YES);
    if (more == ERROR) {
        *fits = NO;
        Py_CLEAR(found);
    }
    return found;
}

/* A dict with room for the levels up to the next bracket, so that it need not grow six times on the way. */
static PyObject *
dict_for_levels(const Cursor *cursor)
{
#if PY_VERSION_HEX < 0x030d0000 /* the later ones keep this call to themselves */
    const char *end = memchr(cursor->at, ']', (size_t)(cursor->end - cursor->at));
    Py_ssize_t about = (end == NULL ? 0 : end - cursor->at) / BYTES_OF_A_LEVEL;
    return _PyDict_NewPresized(about);
#else
    (void)cursor;
    return PyDict_New();
#endif
}

static PyObject *
read_levels(Step *step, Cursor *cursor, int *fits)
{
    *fits = NO;
    if (!next_is(cursor, '[')) {
        return NULL;
    }
    PyObject *found = dict_for_levels(cursor);
    if (found == NULL) {
        *fits = ERROR;
        return NULL;
    }
    cursor->levels = 0;
    if (next_is(cursor, ']')) {
        *fits = YES;
        return found;
    }
    Shape *level = step->inner;
    int64_t highest = INT64_MIN, lowest = INT64_MAX;
    Py_ssize_t count = 0;
    int more;
    do {
        PyObject *numbers[2] = {NULL, NULL};
        int kept = 0, fit = YES;
        for (Py_ssize_t n = 0; n < level->count && fit == YES; n++) {
            Step *each = &level->steps[n];
            int64_t number;
            if (each->kind == LITERAL) {
                fit = read_literal(each, cursor);
            }
            else if (each->kind != DECIMAL) {
                fit = read_whole(each, cursor, &number);
            }
            else if ((fit = read_decimal(each, cursor, &number)) == YES) {
                if (!kept) {
                    highest = number > highest ? number : highest;
                    lowest = number < lowest ? number : lowest;
                }
                numbers[kept] = as_object(each, cursor, number);
                fit = numbers[kept++] == NULL ? ERROR : YES;
            }
        }
        if (fit == YES && PyDict_SetItem(found, numbers[0], numbers[1])) {
            fit = ERROR;
        }
        Py_XDECREF(numbers[0]);
        Py_XDECREF(numbers[1]);
        if (fit != YES) {
            *fits = fit;
            Py_DECREF(found);
            return NULL;
        }
        count++;
        more = one_more(cursor);
    } while (more == YES);
    if (more == ERROR || PyDict_GET_SIZE(found) != count) { /* a price that stands twice */
        Py_CLEAR(found);
        return NULL;
    }
    cursor->highest = highest;
    cursor->lowest = lowest;
    cursor->levels = count;
    *fits = YES;
    return found;
}

/* A whole shape */

/* Where a text is remembered, by its beginning, its end and its length. */
static inline Memo *
memo_of(Memo *memos, const char *began, Py_ssize_t length)
{
    uint64_t begin = 0, end = 0;
    if (length >= 8) {
        begin = eight_bytes(began);
        end = eight_bytes(began + length - 8);
    }
    else {
        for (Py_ssize_t n = 0; n < length; n++) {
            begin = begin << 8 | (unsigned char)began[n];
        }
    }
    uint64_t mixed = (begin ^ (uint64_t)length) * 0x9e3779b97f4a7c15u ^ end * 0xc2b2ae3d27d4eb4fu;
    return &memos[(mixed ^ mixed >> 32) >> 13 & (MEMOS - 1)];
}

/* What the table said of the same text earlier; a place to remember it where there is one. */
static Memo *
remembered(Step *step, PyObject *table, const char *began, Py_ssize_t length, PyObject **value)
{
    *value = NULL;
    if (length > LONGEST_MEMO || (step->memos == NULL && (step->memos = PyMem_Calloc(MEMOS, sizeof(Memo))) == NULL)) {
        return NULL;
    }
    Memo *memo = memo_of(step->memos, began, length);
    if (memo->table == table && memo->length == length && are_same(memo->text, began, length)) {
        *value = Py_NewRef(memo->value);
    }
    return memo;
}

/* What the table says of a key, which is given away; what it does not know, or will not read, does not fit. */
static PyObject *
look_up(PyObject *table, PyObject *key, Memo *memo, const char *began, Py_ssize_t length, int *fits)
{
    PyObject *found = key == NULL ? NULL : PyObject_GetItem(table, key);
    Py_XDECREF(key);
    *fits = YES;
    if (found == NULL) {
        *fits = ERROR;
        if (PyErr_ExceptionMatches(PyExc_KeyError) || PyErr_ExceptionMatches(PyExc_ValueError)) {
            PyErr_Clear();
            *fits = NO;
        }
    }
    else if (memo != NULL) {
        memcpy(memo->text, began, length);
        memo->length = (unsigned char)length;
        Py_XSETREF(memo->value, Py_NewRef(found));
        Py_XSETREF(memo->table, Py_NewRef(table));
    }
    return found;
}

static PyObject *
read_known(Step *step, Cursor *cursor, int *fits)
{
    Py_ssize_t length = 0;
    const char *began = read_quoted(cursor, &length);
    PyObject *table = step->kind == THERE ? cursor->there : step->held;
    *fits = began != NULL && table != NULL;
    if (!*fits) {
        return NULL;
    }
    PyObject *value;
    Memo *memo = remembered(step, table, began, length, &value);
    if (value == NULL) {
        *fits = are_plain(began, length);
        value = *fits ? look_up(table, ascii_text(began, length), memo, began, length, fits) : NULL;
    }
    if (cursor->there == NULL) {
        cursor->there = value;
    }
    return value;
}

/* Two texts that are looked up together; they are remembered with what stands between them. */
static PyObject *
read_pair(Step *step, Cursor *cursor, int *fits)
{
    Py_ssize_t lengths[2];
    const char *second = NULL, *first = read_quoted(cursor, &lengths[0]);
    if (first != NULL && read_literal(&step->inner->steps[0], cursor)) {
        second = read_quoted(cursor, &lengths[1]);
    }
    *fits = second != NULL;
    if (second == NULL) {
        return NULL;
    }
    Py_ssize_t length = second + lengths[1] - first;
    PyObject *value;
    Memo *memo = remembered(step, step->held, first, length, &value);
    if (value != NULL) {
        return value;
    }
    *fits = are_plain(first, lengths[0]) && are_plain(second, lengths[1]);
    if (!*fits) {
        return NULL;
    }
    PyObject *texts[2] = {ascii_text(first, lengths[0]), ascii_text(second, lengths[1])};
    PyObject *key = texts[0] != NULL && texts[1] != NULL ? PyTuple_Pack(2, texts[0], texts[1]) : NULL;
    Py_XDECREF(texts[0]);
    Py_XDECREF(texts[1]);
    return look_up(step->held, key, memo, first, length, fits);
}

static PyObject *
read_value(Step *step, Cursor *cursor, int *fits)
{
    const char *began;
    Py_ssize_t length = 0;
    int64_t number = 0;
    PyObject *found = NULL;
    switch (step->kind) {
    case FLAG:
        *fits = YES;
        return PyBool_FromLong(read_literal(step, cursor));
    case TEXT:
        began = read_quoted(cursor, &length);
        *fits = began != NULL && are_plain(began, length);
        if (*fits) {
            found = step->kept ? ascii_text(began, length) : Py_NewRef(Py_None);
        }
        break;
    case KNOWN:
    case THERE:
        return read_known(step, cursor, fits);
    case PAIR:
        return read_pair(step, cursor, fits);
    case DECIMAL:
        *fits = read_decimal(step, cursor, &number);
        found = *fits ? as_object(step, cursor, number) : NULL;
        break;
    case COMMON:
        *fits = YES;
        found = PyLong_FromLongLong(cursor->common);
        break;
    case WHOLE:
    case QUOTED:
        *fits = read_whole(step, cursor, &number);
        found = *fits ? PyLong_FromLongLong(number) : NULL;
        break;
    case HIGHEST:
        *fits = YES;
        found = PyLong_FromLongLong(cursor->levels ? cursor->highest : step->least);
        break;
    case LOWEST:
        *fits = YES;
        found = PyLong_FromLongLong(cursor->levels ? cursor->lowest : step->least);
        break;
    case EACH:
        return read_each(step, cursor, fits);
    case LEVELS:
        return read_levels(step, cursor, fits);
    default:
        Py_UNREACHABLE();
    }
    if (*fits && found == NULL) {
        *fits = ERROR;
    }
    return found;
}

static PyObject *
read_shape(Shape *shape, Cursor *cursor, int *fits)
{
    PyObject *answer = PyTuple_New(shape->kept);
    if (answer == NULL) {
        *fits = ERROR;
        return NULL;
    }
    for (Py_ssize_t n = 0; n < shape->count; n++) {
        Step *step = &shape->steps[n];
        if (step->kind == LITERAL) {
            if (!read_literal(step, cursor)) {
                *fits = NO;
                Py_DECREF(answer);
                return NULL;
            }
            continue;
        }
        PyObject *value = read_value(step, cursor, fits);
        if (value == NULL) {
            Py_DECREF(answer);
            return NULL;
        }
        if (step->kept) {
            PyTuple_SET_ITEM(answer, step->place, value);
        }
        else {
            Py_DECREF(value);
        }
    }
    *fits = YES;
    return answer;
}

static PyObject *
scan(Scanner *self, PyObject *frame)
{
    if (!PyBytes_Check(frame)) {
        PyErr_SetString(PyExc_TypeError, "a frame is bytes");
        return NULL;
    }
    const char *began = PyBytes_AS_STRING(frame);
    Cursor cursor = {.at = began, .end = began + PyBytes_GET_SIZE(frame), .state = self->state};
    int fits = NO;
    PyObject *answer = read_shape(self->shape, &cursor, &fits);
    if (answer == NULL) {
        if (fits == ERROR) {
            return NULL;
        }
        Py_RETURN_NONE;
    }
    skip_blanks(&cursor);
    if (cursor.at != cursor.end) {
        Py_DECREF(answer);
        Py_RETURN_NONE;
    }
    return answer;
}

/* Making one */

static void
free_shape(Shape *shape)
{
    if (shape == NULL) {
        return;
    }
    for (Py_ssize_t n = 0; n < shape->count; n++) {
        Step *step = &shape->steps[n];
        for (int each = 0; step->memos != NULL && each < MEMOS; each++) {
            Py_CLEAR(step->memos[each].value);
            Py_CLEAR(step->memos[each].table);
        }
        PyMem_Free(step->memos);
        Py_CLEAR(step->held);
        free_shape(step->inner);
    }
    PyMem_Free(shape);
}

static int
are_pieces(PyObject *held)
{
    if (!PyTuple_Check(held) || !PyTuple_GET_SIZE(held)) {
        return NO;
    }
    for (Py_ssize_t n = 0; n < PyTuple_GET_SIZE(held); n++) {
        if (!PyBytes_Check(PyTuple_GET_ITEM(held, n))) {
            return NO;
        }
    }
    return YES;
}

/* Whether a level is two decimals that are kept, and what is read and left: then nothing but numbers comes of it. */
static int
is_level(const Shape *shape)
{
    int decimals = 0;
    for (Py_ssize_t n = 0; n < shape->count; n++) {
        const Step *step = &shape->steps[n];
        int number = step->kind == WHOLE || step->kind == QUOTED;
        decimals += step->kind == DECIMAL;
        if (step->kind == DECIMAL ? !step->kept : step->kind != LITERAL && (!number || step->kept)) {
            return NO;
        }
    }
    return decimals == 2;
}

/* The values of a member in another order: for each, as it comes, its place. */
static int
put_in_order(Shape *shape, PyObject *order)
{
    if (!PyTuple_Check(order) || (PyTuple_GET_SIZE(order) && PyTuple_GET_SIZE(order) != shape->kept)) {
        return NO;
    }
    uint64_t taken = 0;
    for (Py_ssize_t n = 0, value = 0; PyTuple_GET_SIZE(order) && n < shape->count; n++) {
        Step *step = &shape->steps[n];
        if (step->kind == LITERAL || !step->kept) {
            continue;
        }
        step->place = PyLong_AsSsize_t(PyTuple_GET_ITEM(order, value++));
        if (step->place < 0 || step->place >= shape->kept || step->place >= 64 || taken >> step->place & 1) {
            PyErr_Clear();
            return NO;
        }
        taken |= (uint64_t)1 << step->place;
    }
    return YES;
}

static Shape *make_shape(PyObject *steps, int depth);

static int
make_step(Step *step, PyObject *told, int depth)
{
    int kind, kept;
    PyObject *held, *inner;
    long long least, most;
    if (!PyTuple_Check(told)) {
        PyErr_SetString(PyExc_TypeError, "a step is a tuple");
        return ERROR;
    }
    if (!PyArg_ParseTuple(told, "ipOLLO", &kind, &kept, &held, &least, &most, &inner)) {
        return ERROR;
    }
    step->kind = kind;
    step->kept = kept;
    if (kind == DECIMAL && !(PyTuple_Check(held) && PyArg_ParseTuple(held, "pp", &step->shared, &step->counted))) {
        PyErr_SetString(PyExc_ValueError, "a decimal is shared or not, and counted or not");
        return ERROR;
    }
    step->least = least;
    step->most = most;
    if (kind < 0 || kind >= KINDS || (kind == KNOWN && !kept) || ((kind == LITERAL || kind == FLAG) && !are_pieces(held))) {
        PyErr_SetString(PyExc_ValueError, "no step of a shape");
        return ERROR;
    }
    step->held = Py_NewRef(held);
    if (kind == EACH || kind == LEVELS || kind == PAIR) {
        step->inner = make_shape(inner, depth + 1);
        if (step->inner == NULL) {
            return ERROR;
        }
        int literal = step->inner->count == 1 && step->inner->steps[0].kind == LITERAL;
        if ((kind == LEVELS && !is_level(step->inner)) || (kind == PAIR && !literal)) {
            PyErr_SetString(PyExc_ValueError, "a level is a price and a size, and between a pair is a literal");
            return ERROR;
        }
        if (kind == EACH && !put_in_order(step->inner, held)) {
            PyErr_SetString(PyExc_ValueError, "each value of a member has a place of its own");
            return ERROR;
        }
    }
    return YES;
}

static Shape *
make_shape(PyObject *steps, int depth)
{
    if (!PyTuple_Check(steps) || depth > 4) {
        PyErr_SetString(PyExc_ValueError, "a shape is a tuple of steps, and not deep");
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(steps);
    Shape *shape = PyMem_Calloc(1, sizeof(Shape) + count * sizeof(Step));
    if (shape == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (shape->count = 0; shape->count < count;) {
        Step *step = &shape->steps[shape->count++];
        if (make_step(step, PyTuple_GET_ITEM(steps, shape->count - 1), depth) == ERROR) {
            free_shape(shape);
            return NULL;
        }
        step->place = shape->kept;
        shape->kept += step->kind != LITERAL && step->kept;
    }
    return shape;
}

static PyObject *
scanner_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    PyObject *steps;
    if ((named != NULL && PyDict_GET_SIZE(named)) || !PyArg_ParseTuple(args, "O", &steps)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, "a scanner is made of steps alone");
        }
        return NULL;
    }
    Shape *shape = make_shape(steps, 0);
    if (shape == NULL) {
        return NULL;
    }
    Scanner *self = (Scanner *)type->tp_alloc(type, 0);
    if (self == NULL) {
        free_shape(shape);
        return NULL;
    }
    self->shape = shape;
    self->state = PyType_GetModuleState(type);
    return (PyObject *)self;
}

static int
visit_shape(const Shape *shape, visitproc visit, void *arg)
{
    if (shape == NULL) {
        return 0;
    }
    for (Py_ssize_t n = 0; n < shape->count; n++) {
        const Step *step = &shape->steps[n];
        Py_VISIT(step->held);
        for (int each = 0; step->memos != NULL && each < MEMOS; each++) {
            Py_VISIT(step->memos[each].value);
            Py_VISIT(step->memos[each].table);
        }
        int stopped = visit_shape(step->inner, visit, arg);
        if (stopped) {
            return stopped;
        }
    }
    return 0;
}

static int
scanner_traverse(Scanner *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return visit_shape(self->shape, visit, arg);
}

static void
scanner_dealloc(Scanner *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    free_shape(self->shape);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef scanner_methods[] = {
    {"scan", (PyCFunction)scan, METH_O, "The values in a frame of this shape, or None."},
    {NULL},
};

static PyType_Slot scanner_slots[] = {
    {Py_tp_doc, "Reads frames of one shape."},
    {Py_tp_new, scanner_new},
    {Py_tp_dealloc, scanner_dealloc},
    {Py_tp_traverse, scanner_traverse},
    {Py_tp_methods, scanner_methods},
    {0, NULL},
};

static PyType_Spec scanner_spec = {
    .name = "_pmtui_scan.Scanner",
    .basicsize = sizeof(Scanner),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = scanner_slots,
};

static int
fill_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &scanner_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int failed = PyModule_AddType(module, (PyTypeObject *)type) || PyModule_AddIntConstant(module, "EDITION", EDITION);
    Py_DECREF(type);
    return failed ? -1 : 0;
}

static int
visit_module(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
    for (int n = 0; n < NUMBERS; n++) {
        Py_VISIT(state->numbers[n]);
    }
    return 0;
}

static int
clear_module(PyObject *module)
{
    State *state = PyModule_GetState(module);
    for (int n = 0; n < NUMBERS; n++) {
        Py_CLEAR(state->numbers[n]);
    }
    return 0;
}

static void
free_module(void *module)
{
    clear_module(module);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, fill_module},
    {0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_pmtui_scan",
    .m_doc = "The compiled half of pmtui.core.scan.",
    .m_size = sizeof(State),
    .m_slots = module_slots,
    .m_traverse = visit_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit__pmtui_scan(void)
{
    return PyModuleDef_Init(&module);
}
