"""SCORE: the tables of a run against gold that people made, fact by fact."""

from extract.score.printing import as_json, as_text, write_score
from extract.score.scoring import Figure, Miss, Score, WrongOutputs, score_outputs

__all__ = ["Figure", "Miss", "Score", "WrongOutputs", "as_json", "as_text", "score_outputs", "write_score"]
