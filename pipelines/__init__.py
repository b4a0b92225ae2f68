"""From partners' files to harmonised tables: one folder per step of the way, in its order.

`specs` -> `intake` -> `read` -> `place` -> `harmonise` -> `build` -> `publish`; `orchestration`, `demo` and `cli`
only call the steps. A module imports from its own step, from those before it, and from `warehouse` (storage).
"""
