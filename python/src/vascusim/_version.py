"""Version of the package, that of the engine it carries."""

__version__ = '0.1.0'
