"""Service Promise Gateway: acknowledges inquiries to a city, checks staff mail, measures the promise; never harms the mail."""

__version__ = "0.1.0"
