"""What is learned: specs that turn a key into arrays. A new task is a new file."""

from grokscope.tasks.dataset import Dataset
from grokscope.tasks.digits import Digits
from grokscope.tasks.functions import Sine, Xor
from grokscope.tasks.ising import Ising
from grokscope.tasks.labelled import Parity, Scans, Spirals
from grokscope.tasks.modular import Modular
from grokscope.tasks.pairs import Pairs
from grokscope.tasks.permutations import Permutations
from grokscope.tasks.random_labels import RandomLabels
from grokscope.tasks.shuffled import Shuffled

__all__ = [
    "Dataset",
    "Digits",
    "Ising",
    "Modular",
    "Pairs",
    "Parity",
    "Permutations",
    "RandomLabels",
    "Scans",
    "Shuffled",
    "Sine",
    "Spirals",
    "Xor",
]
