"""Draw every picture again."""

from tests.pictures import PICTURES, save

for name in PICTURES:
    save(name)
    print(name)
