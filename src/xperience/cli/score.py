"""xperience score: the published metrics of a predictions file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("score")
    def score(
        file: Annotated[Path, typer.Argument(help="Predictions: .csv, .npz or .jsonl, by task.")],
        task: Annotated[str, typer.Option("--task", help="Task id, such as timeline_action.")],
        boundaries: Annotated[
            Path | None, typer.Option(help="CSV with a column frame: true action changes (transition_detection).")
        ] = None,
        vocab: Annotated[Path | None, typer.Option(help="JSON list of all objects (object_relevance).")] = None,
        labels: Annotated[Path | None, typer.Option(help="JSON list of all labels (qwen3_omni_eval).")] = None,
        windows: Annotated[
            Path | None, typer.Option(help="windows.csv of the recording: adds majority baseline and unseen labels.")
        ] = None,
        json_: Annotated[bool, typer.Option("--json", help="Print the metrics under their published names.")] = False,
    ) -> None:
        """Score a predictions file made by anyone with the published metrics.

        \b
        What FILE holds:
          timeline_action, timeline_subtask, next_action, contact_prediction, hand_contact
              CSV: window_index, true_label, predicted_label
          transition_detection
              CSV: the same and center_frame; labels transition or steady
          object_relevance
              CSV: window_index, true_objects, predicted_objects, names joined by |
          temporal_order, misalignment_detection
              CSV: sample_index, true, predicted (0 or 1)
          hand_trajectory_forecast, modality_reconstruction
              npz: y_true, y_pred
          caption_grounding, cross_modal_retrieval
              npz: ranks, or query and candidates (and positive)
          qwen3_omni_eval
              JSON lines: true_label, predicted_label, true_json, pred_json

        Rows of several episodes need a column episode_id. true_boundaries.csv, object_vocab.json and labels.json
        beside FILE are found by themselves.
        """
        from xperience.benchmark.scoring import Extras, score_file
        from xperience.storage import to_json

        scored = score_file(task, file, Extras(boundaries, vocab, labels, windows))
        if json_:
            typer.echo(to_json(scored.metrics), nl=False)
        else:
            for name, value in scored.metrics.items():
                shown = f"{len(value)} entries" if isinstance(value, (list, dict)) else value
                typer.echo(f"{name:32s} {shown:.6f}" if isinstance(shown, float) else f"{name:32s} {shown}")
        for note in scored.notes:
            typer.echo(f"note: {note}", err=True)
