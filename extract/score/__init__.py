"""SCORE: the tables of a run against gold that people made, fact by fact."""

from extract.score.scoring import Figure, Miss, Score, WrongOutputs, as_json, as_text, score_outputs, write_score

__all__ = ["Figure", "Miss", "Score", "WrongOutputs", "as_json", "as_text", "score_outputs", "write_score"]
