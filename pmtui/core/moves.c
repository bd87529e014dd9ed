/* The usual change of a level, applied to its book: the compiled half of the loop in pmtui.core.store.
 *
 * Whatever is not usual is left as it is, and the loop in Python goes on from there. A change may be left after its batch
 * was ended here: the board then has the new time, and the loop sees nothing of the batch that is still to be done.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <structmember.h>

/* moves.py uses this only when both name the same: an old build beside a newer checkout is left alone. */
#define EDITION 3

/* What became of a change: it is applied, it is not for us, or Python raised. */
enum { ERROR = -1, NO = 0, YES = 1 };

enum { BOOK, CROSSED_AT, DATA_AT, DIGEST, FLOW, HEARS, PROOF_DUE, QUOTED, SENT, STIRRED, TOLD, BOARD_SLOTS };
enum { ASK, ASKS, BID, BIDS, VERSION, BOOK_SLOTS };
enum { ADDED_ASKS, ADDED_BIDS, ASKS_LEAST, ASKS_SINCE, BIDS_LEAST, BIDS_SINCE, PULLED_ASKS, PULLED_BIDS, UNTIL, FLOW_SLOTS };

static const char *const board_names[BOARD_SLOTS] = {
    "book", "crossed_at", "data_at", "digest", "flow", "hears", "proof_due", "quoted", "sent", "stirred", "told",
};
static const char *const book_names[BOOK_SLOTS] = {"ask", "asks", "bid", "bids", "version"};
static const char *const flow_names[FLOW_SLOTS] = {
    "_added_asks",  "_added_bids",  "_asks_least",  "_asks_since", "_bids_least",
    "_bids_since",  "_pulled_asks", "_pulled_bids", "_until",
};

typedef struct {
    PyObject *board, *book, *flow; /* the types */
    PyObject *unmoved, *never;     /* the flow of a book that nobody moved, the time that has not come */
    PyObject *zero, *changed, *quote, *remove;
    Py_ssize_t board_slots[BOARD_SLOTS], book_slots[BOOK_SLOTS], flow_slots[FLOW_SLOTS];
} State;

/* What all changes of a frame share. */
typedef struct {
    const State *state;
    PyObject *at, *sent, *boards, *stirred;
    int64_t at_number, sent_number;
    long applied, agreed;
} Frame;

typedef struct {
    PyObject *board, *book, *side;
    PyObject *is_bid, *price, *size, *told, *digest;
    int64_t price_number, old, new;
} Change;

static inline PyObject **
slot_of(PyObject *owner, const Py_ssize_t *slots, int name)
{
    return (PyObject **)((char *)owner + slots[name]);
}

static inline void
put(PyObject **slot, PyObject *value)
{
    PyObject *before = *slot;
    *slot = Py_NewRef(value);
    Py_XDECREF(before);
}

static inline int
read_number(PyObject *object, int64_t *number)
{
    int overflow;
    if (object == NULL || !PyLong_CheckExact(object)) {
        return NO;
    }
    *number = PyLong_AsLongLongAndOverflow(object, &overflow);
    return overflow ? NO : YES;
}

/* The number that a dict has for a key, 0 where it has none. */
static inline int
look_up(PyObject *dict, PyObject *key, int64_t *number)
{
    if (dict == NULL || !PyDict_CheckExact(dict)) {
        return NO;
    }
    PyObject *found = PyDict_GetItemWithError(dict, key);
    if (found == NULL) {
        *number = 0;
        return PyErr_Occurred() ? ERROR : YES;
    }
    return read_number(found, number);
}

static inline int
as_done(PyObject *answer)
{
    Py_XDECREF(answer);
    return answer == NULL ? ERROR : YES;
}

static inline int
put_number(PyObject *dict, PyObject *key, int64_t number)
{
    PyObject *object = PyLong_FromLongLong(number);
    if (object == NULL) {
        return ERROR;
    }
    int failed = PyDict_SetItem(dict, key, object);
    Py_DECREF(object);
    return failed ? ERROR : YES;
}

/* The batch before has ended: whether our best prices are the ones that were told, and nothing else is due. */
static int
end_batch(Frame *frame, Change *change)
{
    const State *state = frame->state;
    PyObject *board = change->board, *told = *slot_of(board, state->board_slots, TOLD);
    int64_t bid, ask, told_bid, told_ask, due;
    if (told == NULL || !PyTuple_CheckExact(told) || PyTuple_GET_SIZE(told) != 2 ||
        !read_number(*slot_of(change->book, state->book_slots, BID), &bid) ||
        !read_number(*slot_of(change->book, state->book_slots, ASK), &ask) ||
        !read_number(PyTuple_GET_ITEM(told, 0), &told_bid) || !read_number(PyTuple_GET_ITEM(told, 1), &told_ask) ||
        !read_number(*slot_of(board, state->board_slots, PROOF_DUE), &due)) {
        return NO;
    }
    if (bid != told_bid || ask != told_ask || frame->at_number >= due ||
        *slot_of(board, state->board_slots, CROSSED_AT) != state->never) {
        return NO;
    }
    frame->agreed++;
    if (*slot_of(board, state->board_slots, QUOTED) == told) {
        return YES;
    }
    return as_done(PyObject_CallMethodOneArg(board, state->quote, frame->at));
}

static inline int
remove_key(PyObject *dict, PyObject *key)
{
    int known = PyDict_Contains(dict, key);
    return known < 0 || (known && PyDict_DelItem(dict, key)) ? ERROR : YES;
}

/* Since when a level is about as large as it is: see Flow.since. */
static int
note_size(Frame *frame, Change *change, PyObject *since, PyObject *least, int64_t low)
{
    if (change->new <= change->old) {
        if (!change->new && remove_key(since, change->price) == ERROR) {
            return ERROR;
        }
        return low && change->new <= low ? remove_key(least, change->price) : YES;
    }
    if (!change->old || change->new - (low ? low : change->old) >= (low ? low : change->old)) {
        if (PyDict_SetItem(since, change->price, frame->at)) {
            return ERROR;
        }
        return low ? remove_key(least, change->price) : YES;
    }
    return low ? YES : put_number(least, change->price, change->old);
}

/* What Flow.changed does, as long as its second lasts. */
static int
count_change(Frame *frame, Change *change, PyObject *flow)
{
    const Py_ssize_t *slots = frame->state->flow_slots;
    int is_bid = change->is_bid == Py_True, more = change->new > change->old;
    int64_t until, sum, low;
    if (!read_number(*slot_of(flow, slots, UNTIL), &until) || frame->at_number >= until) {
        return NO;
    }
    PyObject *since = *slot_of(flow, slots, is_bid ? BIDS_SINCE : ASKS_SINCE);
    PyObject *least = *slot_of(flow, slots, is_bid ? BIDS_LEAST : ASKS_LEAST);
    PyObject *sums = is_bid ? *slot_of(flow, slots, more ? ADDED_BIDS : PULLED_BIDS)
                            : *slot_of(flow, slots, more ? ADDED_ASKS : PULLED_ASKS);
    int found = look_up(sums, change->price, &sum);
    found = found == YES ? look_up(least, change->price, &low) : found;
    if (found != YES) {
        return found;
    }
    if (since == NULL || !PyDict_CheckExact(since) || __builtin_add_overflow(sum, change->new, &sum) ||
        __builtin_sub_overflow(sum, change->old, &sum)) {
        return NO;
    }
    if (note_size(frame, change, since, least, low) == ERROR) {
        return ERROR;
    }
    return put_number(sums, change->price, sum);
}

static int
tell_flow(Frame *frame, Change *change, PyObject *resting)
{
    const State *state = frame->state;
    PyObject *flow = *slot_of(change->board, state->board_slots, FLOW);
    if (flow == NULL || flow == state->unmoved) {
        return NO;
    }
    int done = Py_TYPE(flow) == (PyTypeObject *)state->flow ? count_change(frame, change, flow) : NO;
    if (done != NO) {
        return done;
    }
    PyObject *told[] = {flow, change->is_bid, change->price, resting, change->size, frame->at};
    Py_INCREF(flow);
    done = as_done(PyObject_VectorcallMethod(state->changed, told, 6 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL));
    Py_DECREF(flow);
    return done;
}

static int
set_level(Frame *frame, Change *change, PyObject **best, int64_t best_number)
{
    if (change->new) {
        if (PyDict_SetItem(change->side, change->price, change->size)) {
            return ERROR;
        }
        if (change->is_bid == Py_True ? change->price_number > best_number : change->price_number < best_number) {
            put(best, change->price);
        }
        return YES;
    }
    if (change->price_number != best_number) {
        return PyDict_DelItem(change->side, change->price) ? ERROR : YES;
    }
    /* The next best one has to be found. */
    PyObject *told[] = {change->book, change->is_bid, change->price};
    return as_done(PyObject_VectorcallMethod(frame->state->remove, told, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL));
}

/* From here on all is usual, or the change is left to Python as it came. */
static int
apply_change(Frame *frame, Change *change)
{
    const State *state = frame->state;
    PyObject *board = change->board;
    PyObject **stirred = slot_of(board, state->board_slots, STIRRED);
    PyObject **version = slot_of(change->book, state->book_slots, VERSION);
    PyObject **best = slot_of(change->book, state->book_slots, change->is_bid == Py_True ? BID : ASK);
    int64_t before, best_number, count;
    if (!read_number(*slot_of(board, state->board_slots, SENT), &before) || !read_number(*version, &count) ||
        !read_number(change->size, &change->new) || !read_number(change->price, &change->price_number) ||
        (*stirred != Py_True && *stirred != Py_False) || !PyDict_CheckExact(change->side)) {
        return NO;
    }
    if (frame->sent_number > before) {
        int ended = *stirred == Py_True ? end_batch(frame, change) : YES;
        if (ended != YES) {
            return ended;
        }
        put(slot_of(board, state->board_slots, SENT), frame->sent);
    }
    else if (frame->sent_number < before) {
        return NO;
    }
    PyObject *resting = PyDict_GetItemWithError(change->side, change->price);
    if (resting == NULL && PyErr_Occurred()) {
        return ERROR;
    }
    resting = resting == NULL ? state->zero : resting;
    if (!read_number(resting, &change->old) || !read_number(*best, &best_number)) {
        return NO;
    }
    if (change->new != change->old) {
        Py_INCREF(resting);
        int done = tell_flow(frame, change, resting);
        Py_DECREF(resting);
        if (done == YES) {
            done = set_level(frame, change, best, best_number);
        }
        if (done != YES) {
            return done;
        }
    }
    PyObject *next = PyLong_FromLongLong(count + 1);
    if (next == NULL) {
        return ERROR;
    }
    Py_SETREF(*version, next);
    put(slot_of(board, state->board_slots, TOLD), change->told);
    put(slot_of(board, state->board_slots, DIGEST), change->digest);
    if (frame->sent_number > before || change->new != change->old) {
        put(slot_of(board, state->board_slots, DATA_AT), frame->at); /* what is told again is no news */
    }
    if (*stirred == Py_False) {
        if (PyList_Append(frame->stirred, board)) {
            return ERROR;
        }
        put(stirred, Py_True);
    }
    frame->applied = 1;
    return YES;
}

static int
apply_move(Frame *frame, PyObject *move)
{
    const State *state = frame->state;
    if (!PyTuple_CheckExact(move) || PyTuple_GET_SIZE(move) != 6) {
        return NO;
    }
    PyObject *board = PyDict_GetItemWithError(frame->boards, PyTuple_GET_ITEM(move, 0));
    if (board == NULL) {
        return PyErr_Occurred() ? ERROR : YES; /* nobody follows it */
    }
    if (Py_TYPE(board) != (PyTypeObject *)state->board) {
        return NO;
    }
    PyObject *hears = *slot_of(board, state->board_slots, HEARS), *book = *slot_of(board, state->board_slots, BOOK);
    if (hears == Py_False) {
        return YES; /* a change of a book that is not there, or not any more */
    }
    PyObject *is_bid = PyTuple_GET_ITEM(move, 1);
    if (hears != Py_True || book == NULL || Py_TYPE(book) != (PyTypeObject *)state->book ||
        (is_bid != Py_True && is_bid != Py_False)) {
        return NO;
    }
    PyObject *side = *slot_of(book, state->book_slots, is_bid == Py_True ? BIDS : ASKS);
    if (side == NULL) {
        return NO;
    }
    Change change = {
        .board = Py_NewRef(board),
        .book = Py_NewRef(book),
        .side = Py_NewRef(side),
        .is_bid = is_bid,
        .price = PyTuple_GET_ITEM(move, 2),
        .size = PyTuple_GET_ITEM(move, 3),
        .told = PyTuple_GET_ITEM(move, 4),
        .digest = PyTuple_GET_ITEM(move, 5),
    };
    int done = apply_change(frame, &change);
    Py_DECREF(side);
    Py_DECREF(book);
    Py_DECREF(board);
    return done;
}

static PyObject *
usual(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 3 || !PyTuple_Check(args[0]) || PyTuple_GET_SIZE(args[0]) != 3 ||
        !PyList_Check(PyTuple_GET_ITEM(args[0], 2))) {
        PyErr_SetString(PyExc_TypeError, "usual takes a delta with a list of moves, boards, stirred");
        return NULL;
    }
    PyObject *moves = PyTuple_GET_ITEM(args[0], 2);
    Frame frame = {
        .state = PyModule_GetState(module),
        .at = PyTuple_GET_ITEM(args[0], 0),
        .sent = PyTuple_GET_ITEM(args[0], 1),
        .boards = args[1],
        .stirred = args[2],
    };
    Py_ssize_t done = 0;
    if (frame.state->never != NULL && PyDict_CheckExact(frame.boards) && PyList_CheckExact(frame.stirred) &&
        read_number(frame.at, &frame.at_number) && read_number(frame.sent, &frame.sent_number) && frame.sent_number > 0) {
        for (int became = YES; became == YES && done < PyList_GET_SIZE(moves); done += became) {
            PyObject *move = Py_NewRef(PyList_GET_ITEM(moves, done));
            became = apply_move(&frame, move);
            Py_DECREF(move);
            if (became == ERROR) {
                return NULL;
            }
        }
    }
    PyObject *told[] = {PyLong_FromSsize_t(PyList_GET_SIZE(moves) - done), PyLong_FromLong(frame.applied),
                        PyLong_FromLong(frame.agreed)};
    PyObject *answer = PyTuple_New(3);
    for (int n = 0; n < 3; n++) {
        if (answer != NULL && told[n] != NULL) {
            PyTuple_SET_ITEM(answer, n, told[n]);
        }
        else {
            Py_XDECREF(told[n]);
            Py_CLEAR(answer);
        }
    }
    return answer;
}

/* Where the slots of a class lie in its objects. */
static int
find_slots(PyObject *type, const char *const *names, int count, Py_ssize_t *slots)
{
    if (!PyType_Check(type)) {
        PyErr_SetString(PyExc_TypeError, "not a class");
        return ERROR;
    }
    for (int n = 0; n < count; n++) {
        PyObject *found = PyObject_GetAttrString(type, names[n]);
        if (found == NULL) {
            return ERROR;
        }
        int fits = Py_IS_TYPE(found, &PyMemberDescr_Type) && ((PyMemberDescrObject *)found)->d_member->type == T_OBJECT_EX;
        if (fits) {
            slots[n] = ((PyMemberDescrObject *)found)->d_member->offset;
        }
        Py_DECREF(found);
        if (!fits) {
            PyErr_Format(PyExc_TypeError, "%s is not a slot", names[n]);
            return ERROR;
        }
    }
    return YES;
}

static PyObject *
learn(PyObject *module, PyObject *args)
{
    State *state = PyModule_GetState(module);
    PyObject *board, *book, *flow, *unmoved, *never;
    if (!PyArg_ParseTuple(args, "OOOOO", &board, &book, &flow, &unmoved, &never) ||
        find_slots(board, board_names, BOARD_SLOTS, state->board_slots) == ERROR ||
        find_slots(book, book_names, BOOK_SLOTS, state->book_slots) == ERROR ||
        find_slots(flow, flow_names, FLOW_SLOTS, state->flow_slots) == ERROR) {
        return NULL;
    }
    Py_XSETREF(state->board, Py_NewRef(board));
    Py_XSETREF(state->book, Py_NewRef(book));
    Py_XSETREF(state->flow, Py_NewRef(flow));
    Py_XSETREF(state->unmoved, Py_NewRef(unmoved));
    Py_XSETREF(state->never, Py_NewRef(never));
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"usual", (PyCFunction)(void (*)(void))usual, METH_FASTCALL, "Apply usual changes; see pmtui.core.moves."},
    {"learn", learn, METH_VARARGS, "Be told the classes and what stands for nothing: Board, Book, Flow, UNMOVED, NEVER."},
    {NULL, NULL, 0, NULL},
};

static int
fill_module(PyObject *module)
{
    State *state = PyModule_GetState(module);
    state->zero = PyLong_FromLong(0);
    state->changed = PyUnicode_InternFromString("changed");
    state->quote = PyUnicode_InternFromString("quote");
    state->remove = PyUnicode_InternFromString("remove");
    if (state->zero == NULL || state->changed == NULL || state->quote == NULL || state->remove == NULL) {
        return -1;
    }
    return PyModule_AddIntConstant(module, "EDITION", EDITION);
}

static int
visit_module(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
    Py_VISIT(state->board);
    Py_VISIT(state->book);
    Py_VISIT(state->flow);
    Py_VISIT(state->unmoved);
    return 0;
}

static int
clear_module(PyObject *module)
{
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->board);
    Py_CLEAR(state->book);
    Py_CLEAR(state->flow);
    Py_CLEAR(state->unmoved);
    Py_CLEAR(state->never);
    Py_CLEAR(state->zero);
    Py_CLEAR(state->changed);
    Py_CLEAR(state->quote);
    Py_CLEAR(state->remove);
    return 0;
}

static void
free_module(void *module)
{
    clear_module(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, fill_module},
    {0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_pmtui_moves",
    .m_doc = "The compiled half of pmtui.core.moves.",
    .m_size = sizeof(State),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = visit_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit__pmtui_moves(void)
{
    return PyModuleDef_Init(&module);
}
