"""The demo's markets as they open: made once and copied for all who begin with them."""

from __future__ import annotations

from pmtui.sim.polymarket import world
from tests.copies import once

demo_world = once(world.demo_world)
