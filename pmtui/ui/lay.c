/* Which lines differ, and laying painted ones into a frame: the compiled half of pmtui.ui.lay, whose two functions in
   Python say what these do. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* lay.py uses this only when both name the same: an old build beside a newer checkout is left alone. */
#define EDITION 3

/* What became of a line: it lies in the frame, it is not for us, or Python raised. */
enum { ERROR = -1, NO = 0, YES = 1 };

/* The characters of lay.NARROW. */
static int
is_narrow(Py_UCS4 c)
{
    if (c < 0x7f) {
        return c >= 0x20;
    }
    if (c < 0x2010) {
        return (c >= 0xa1 && c <= 0x2ff && c != 0xad) || (c >= 0x370 && c <= 0x377) || (c >= 0x37a && c <= 0x37f) ||
               (c >= 0x391 && c <= 0x3a1) || (c >= 0x3a3 && c <= 0x3ff);
    }
    return c <= 0x2027 || c == 0x2039 || c == 0x203a || (c >= 0x2190 && c <= 0x2199) || (c >= 0x2200 && c <= 0x22ff) ||
           (c >= 0x2500 && c <= 0x25fc) || c == 0x2713 || (c >= 0x2800 && c <= 0x28ff);
}

/* Whether all of a text is narrow, and whether it is nothing but blanks. */
static int
look_through(PyObject *text, int *blank)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    *blank = size > 0;
    for (Py_ssize_t n = 0; n < size; n++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, n);
        if (c != ' ') {
            *blank = 0;
            if (!is_narrow(c)) {
                return NO;
            }
        }
    }
    return YES;
}

/* Add a text behind the codes of its look, and go on with another pen. */
static int
write_with(PyObject **pen, PyObject *steps, PyObject *look, PyObject *text, PyObject *frame)
{
    PyObject *step = PyObject_GetItem(steps, look);
    if (step == NULL) {
        return ERROR;
    }
    int done = ERROR;
    if (!PyTuple_Check(step) || PyTuple_GET_SIZE(step) != 2) {
        PyErr_SetString(PyExc_TypeError, "a pen gives codes and a pen");
    }
    else if (PyList_Append(frame, PyTuple_GET_ITEM(step, 0)) == 0 && PyList_Append(frame, text) == 0) {
        Py_INCREF(PyTuple_GET_ITEM(step, 1));
        Py_SETREF(*pen, PyTuple_GET_ITEM(step, 1));
        done = YES;
    }
    Py_DECREF(step);
    return done;
}

static int
write_blank(PyObject **pen, PyObject *look, PyObject *text, PyObject *frame)
{
    PyObject *steps = PyObject_GetAttrString(*pen, "blank");
    if (steps == NULL) {
        return ERROR;
    }
    int done = write_with(pen, steps, look, text, frame);
    Py_DECREF(steps);
    return done;
}

static int
fill_up(PyObject **pen, int begun, Py_ssize_t count, PyObject *frame)
{
    PyObject *look = PyUnicode_New(0, 0), *blanks = PyUnicode_New(count, 127);
    int done = ERROR;
    if (look != NULL && blanks != NULL) {
        memset(PyUnicode_DATA(blanks), ' ', (size_t)count);
        done = begun ? write_blank(pen, look, blanks, frame) : write_with(pen, *pen, look, blanks, frame);
    }
    Py_XDECREF(look);
    Py_XDECREF(blanks);
    return done;
}

static int
lay_line(PyObject *line, PyObject **pen, Py_ssize_t width, PyObject *frame)
{
    PyObject *spans = PySequence_Fast(line, "a line is a sequence of spans");
    if (spans == NULL) {
        return ERROR;
    }
    Py_ssize_t left = width;
    int done = YES, blank;
    for (Py_ssize_t n = 0; n < PySequence_Fast_GET_SIZE(spans) && done == YES; n++) {
        PyObject *span = PySequence_Fast_GET_ITEM(spans, n);
        if (!PyTuple_Check(span) || PyTuple_GET_SIZE(span) != 2 || !PyUnicode_Check(PyTuple_GET_ITEM(span, 0))) {
            done = NO;
            break;
        }
        PyObject *text = PyTuple_GET_ITEM(span, 0), *look = PyTuple_GET_ITEM(span, 1);
        left -= PyUnicode_GET_LENGTH(text);
        if (left < 0 || !look_through(text, &blank)) {
            done = NO;
            break;
        }
        Py_INCREF(span);
        done = n && blank ? write_blank(pen, look, text, frame) : write_with(pen, *pen, look, text, frame);
        Py_DECREF(span);
    }
    if (done == YES && left) {
        done = left < 0 ? NO : fill_up(pen, PySequence_Fast_GET_SIZE(spans) > 0, left, frame);
    }
    Py_DECREF(spans);
    return done;
}

static PyObject *
lay(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *painted, *moves, *pen, *frame;
    Py_ssize_t width;
    if (!PyArg_ParseTuple(args, "O!O!OnO!", &PyList_Type, &painted, &PyList_Type, &moves, &pen, &width, &PyList_Type,
                          &frame)) {
        return NULL;
    }
    if (PyList_GET_SIZE(painted) != PyList_GET_SIZE(moves)) {
        PyErr_SetString(PyExc_ValueError, "there are as many moves as lines");
        return NULL;
    }
    Py_INCREF(pen);
    int done = YES;
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(painted) && n < PyList_GET_SIZE(moves) && done == YES; n++) {
        done = PyList_Append(frame, PyList_GET_ITEM(moves, n)) ? ERROR : YES;
        if (done == YES) {
            PyObject *line = PyList_GET_ITEM(painted, n);
            Py_INCREF(line);
            done = lay_line(line, &pen, width, frame);
            Py_DECREF(line);
        }
    }
    Py_DECREF(pen);
    return done == ERROR ? NULL : PyBool_FromLong(done);
}

/* Whether two rows are equal; the same row is not looked into. */
static int
are_equal(PyObject *one, PyObject *other)
{
    if (one == other) {
        return YES;
    }
    /* Comparing may run anything, and rows are only lent. */
    Py_INCREF(one);
    Py_INCREF(other);
    int equal = PyObject_RichCompareBool(one, other, Py_EQ);
    Py_DECREF(one);
    Py_DECREF(other);
    return equal;
}

static int
note(PyObject *found, Py_ssize_t line)
{
    PyObject *number = PyLong_FromSsize_t(line);
    int done = number == NULL || PyList_Append(found, number) ? ERROR : YES;
    Py_XDECREF(number);
    return done;
}

static PyObject *
differing(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "two screens of rows are compared");
        return NULL;
    }
    PyObject *old = PySequence_Fast(args[0], "rows are a sequence"), *new = NULL, *found = NULL;
    int done = ERROR;
    if (old != NULL && (new = PySequence_Fast(args[1], "rows are a sequence")) != NULL) {
        found = PyList_New(0);
        done = found == NULL ? ERROR : YES;
    }
    for (Py_ssize_t n = 0; done == YES; n++) {
        int in_old = n < PySequence_Fast_GET_SIZE(old), in_new = n < PySequence_Fast_GET_SIZE(new);
        if (!in_old && !in_new) {
            break;
        }
        int equal = in_old && in_new ? are_equal(PySequence_Fast_GET_ITEM(old, n), PySequence_Fast_GET_ITEM(new, n)) : NO;
        done = equal == NO ? note(found, n) : equal;
    }
    Py_XDECREF(old);
    Py_XDECREF(new);
    if (done == ERROR) {
        Py_CLEAR(found);
    }
    return found;
}

static PyMethodDef functions[] = {
    {"differing", (PyCFunction)(void *)differing, METH_FASTCALL, "The lines that differ; see pmtui.ui.lay."},
    {"lay", lay, METH_VARARGS, "Add painted lines to a frame; see pmtui.ui.lay."},
    {NULL, NULL, 0, NULL},
};

static int
fill_module(PyObject *module)
{
#ifdef __GLIBC__
    /* For the whole program: Python lets one thread at a time ask for memory, so a heap for each would only be larger. */
    mallopt(M_ARENA_MAX, 1);
#endif
    return PyModule_AddIntConstant(module, "EDITION", EDITION);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, fill_module},
    {0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_pmtui_lay",
    .m_doc = "The compiled half of pmtui.ui.lay.",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__pmtui_lay(void)
{
    return PyModuleDef_Init(&module);
}
