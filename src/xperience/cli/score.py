"""xperience score: the published metrics of a predictions file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("score")
    def score(
        file: Annotated[Path, typer.Argument(help="Predictions: a table, JSON lines or npz, by task.")],
        task: Annotated[str, typer.Option("--task", help="Task id, such as timeline_action.")],
        boundaries: Annotated[
            Path | None, typer.Option(help="CSV with a column frame: true action changes (transition_detection).")
        ] = None,
        vocab: Annotated[Path | None, typer.Option(help="JSON list of all objects (object tasks).")] = None,
        labels: Annotated[
            Path | None, typer.Option(help="JSON list of the labels that the run's macro-F1 averages over.")
        ] = None,
        windows: Annotated[
            Path | None, typer.Option(help="windows.csv of the recording: adds majority baseline and unseen labels.")
        ] = None,
        split: Annotated[
            str | None, typer.Option(help="Rows that count where the file names splits; test where it names several.")
        ] = None,
        json_: Annotated[bool, typer.Option("--json", help="Print the metrics under their published names.")] = False,
    ) -> None:
        """Score a predictions file made by anyone with the published metrics.

        \b
        What FILE holds:
          labels: timeline_action, timeline_subtask, next_action, contact_prediction, hand_contact,
          motion_intensity, body_motion_intensity, and tasks 13 to 16
              table: true_label, predicted_label
          transition_detection
              the same and center_frame, or start_frame and end_frame
          object_relevance, object_set_forecast
              table: true_objects, predicted_objects, names between | or ;
          temporal_order, misalignment_detection
              table: true, predicted: 0 and 1, yes and no, or words
          hand_trajectory_forecast, modality_reconstruction, imu_to_hand_pose, time_to_transition,
          action_phase, action_phase_progress, ego_motion, ego_motion_forecast
              npz: y_true, y_pred; or a table of true_value, predicted_value
          caption_grounding, cross_modal_retrieval, camera_view_sync_retrieval, multi_view_consistency
              table or npz: rank; or npz: query and candidates (and positive)
          qwen3_omni_eval
              JSON lines or CSV: true_label, predicted_label, true_json, pred_json

        A table is CSV, TSV, JSON lines, a JSON list or an npz of columns; y_true, y_pred and other usual names do as
        well. Rows of several episodes whose names repeat need a column episode_id. true_boundaries.csv,
        object_vocab.json, labels.json and the run's metrics.json beside FILE are found by themselves.
        """
        from xperience.benchmark.scoring import Extras, score_file
        from xperience.storage import to_json

        scored = score_file(task, file, Extras(boundaries, vocab, labels, windows, split))
        if json_:
            typer.echo(to_json(scored.metrics), nl=False)
        else:
            for name, value in scored.metrics.items():
                shown = f"{len(value)} entries" if isinstance(value, (list, dict)) else value
                typer.echo(f"{name:32s} {shown:.6f}" if isinstance(shown, float) else f"{name:32s} {shown}")
        for note in scored.notes:
            typer.echo(f"note: {note}", err=True)
