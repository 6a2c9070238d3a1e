"""
The panel for DaVinci Resolve: a script for its Scripts menu that calls the program `otiocomet`, and holds no logic.

Python 3.6 and the standard library are enough, since Resolve takes whatever Python it finds. Only calls are used that
the README of Resolve's scripting API documents.
"""
