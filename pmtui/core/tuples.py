"""Named tuples, made in a third of the time.

The program defines some eighty before its first frame. `typing.NamedTuple` compiles every annotation on the way, to
check that it is a type; the type checker has done that already, so here the annotations only give the names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import namedtuple

    class _Meta(type):
        def __new__(cls, name, bases, namespace):
            names = tuple(namespace.get("__annotations__", ()))
            defaults = [namespace[each] for each in names if each in namespace]
            made = namedtuple(name, names, defaults=defaults, module=namespace["__module__"])
            for each, value in namespace.items():
                if each not in names and each not in ("__module__", "__qualname__"):
                    setattr(made, each, value)
            made.__qualname__ = namespace["__qualname__"]
            return made

    NamedTuple = type.__new__(_Meta, "NamedTuple", (), {})
