from scheduling.reports.board.reading import board
from scheduling.reports.board.shapes import Block, Board, By, Cell, Entry, Resource

__all__ = ["Block", "Board", "By", "Cell", "Entry", "Resource", "board"]
