"""Stand-in for PyTorch Geometric: its rules of joining samples, as far as the tests need them.

Written from its documentation and behaviour; where VASCUSIM_PYG names a checkout of the real one, that is used instead.
"""

__version__ = 'stand-in'
