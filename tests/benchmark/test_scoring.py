"""Scoring of predictions files: the published ones to 1e-6, and files that are wrong or hostile."""

from __future__ import annotations

import csv
import json
import zipfile

import numpy as np
import pytest
from typer.testing import CliRunner

from xperience.benchmark.scoring import Extras, score_file
from xperience.errors import CorruptError, FormatError, LimitError, MissingError, UsageError

RUN = {
    "task": "name of the run's folder",
    "input": "description of the run",
    "split": "description of the run",
    "task_display_name": "description of the run",
    "feature_dim": "property of the features",
    "train_final_accuracy": "measured on the training windows",
    "train_final_loss": "measured on the training windows",
}
"""Published entries that say something of the run and do not follow from its test predictions."""

TRAINING_SIDE = dict.fromkeys(
    ("num_windows", "num_train_windows", "num_samples", "num_train_samples"),
    "counts training windows, which the predictions file does not hold",
)
NEURAL = dict.fromkeys(
    (
        "model", "head", "neural_epochs", "neural_hidden_dim", "neural_batch_size", "neural_learning_rate",
        "neural_weight_decay", "neural_dropout", "neural_device",
    ),
    "setting of the published network",
)  # fmt: skip
QWEN = {
    "labels": "the label list itself, which macro-F1 needs as an input",
    "model_id": "description of the run",
    "adapter_dir": "description of the run",
    "dataset_jsonl": "description of the run",
    "eval_split": "description of the run",
    "train_split": "description of the run",
    "sample_offset": "description of the run",
    "sample_stride": "description of the run",
    "held_out_episode_count": "property of the data set",
    "caption_window_grounding": "null: the published run did not measure it",
}

CASES = {
    "timeline_action": ("timeline_action", "predictions.csv", "metrics.json", RUN),
    "transition_detection": ("transition_detection", "predictions.csv", "metrics.json", RUN),
    "object_relevance": ("object_relevance", "predictions.csv", "metrics.json", RUN | TRAINING_SIDE),
    "temporal_order": ("temporal_order", "predictions.csv", "metrics.json", RUN | TRAINING_SIDE),
    "hand_trajectory_forecast": (
        "hand_trajectory_forecast_mlp", "predictions.npz", "metrics.json", RUN | TRAINING_SIDE | NEURAL,
    ),
    "qwen3_omni_eval": ("qwen3_omni_eval", "predictions_eval.jsonl", "metrics_eval.json", QWEN),
}  # fmt: skip


@pytest.mark.parametrize("task", CASES)
def test_published_metrics_are_recomputed(real, task):
    folder, predictions, metrics, not_derivable = CASES[task]
    path = real / "published_results" / folder
    sample = real / "xperience_sample"
    extras = Extras(boundaries=sample / "true_boundaries.csv", windows=sample / "windows.csv")
    ours = score_file(task, path / predictions, extras).metrics
    published = json.loads((path / metrics).read_text())
    for name, value in published.items():
        if name in not_derivable:
            continue
        if isinstance(value, float):
            assert ours[name] == pytest.approx(value, abs=1e-6), name
        else:
            assert ours[name] == value, name
    assert len(set(published) - set(not_derivable)) >= 5


def test_published_boundary_f1_follows_from_the_predictions_alone(real):
    scored = score_file("transition_detection", real / "published_results/transition_detection/predictions.csv")
    assert scored.metrics["boundary_f1"] == pytest.approx(0.125, abs=1e-6)
    assert "mean_abs_timing_error_frames" not in scored.metrics
    assert any("--boundaries" in note for note in scored.notes)


def test_published_answers_without_a_label_list(real, tmp_path):
    source = real / "published_results/qwen3_omni_eval/predictions_eval.jsonl"
    (tmp_path / "p.jsonl").write_bytes(source.read_bytes())
    scored = score_file("qwen3_omni_eval", tmp_path / "p.jsonl")
    assert scored.metrics["macro_f1"] is None and any("no label list" in note for note in scored.notes)
    labels = Extras(labels=source.with_name("metrics_eval.json"))
    metrics = score_file("qwen3_omni_eval", tmp_path / "p.jsonl", labels).metrics
    assert metrics["macro_f1"] == pytest.approx(0.0026621494447581404, abs=1e-6)


def test_command_prints_published_names(real):
    from xperience.cli import app, load

    load(app)
    file = real / "published_results/timeline_action/predictions.csv"
    result = CliRunner().invoke(app, ["score", "--task", "timeline_action", str(file), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["macro_f1"] == pytest.approx(0.05, abs=1e-6)


# -- files made here -------------------------------------------------------------------------------------------------


def table(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def labels(path, true, predicted, **columns):
    rows = [
        {"window_index": k, "true_label": t, "predicted_label": p}
        | {name: values[k] for name, values in columns.items()}
        for k, (t, p) in enumerate(zip(true, predicted, strict=True))
    ]
    return table(path, rows)


def test_windows_without_a_true_label_are_left_out_and_empty_predictions_are_wrong(tmp_path):
    file = labels(tmp_path / "p.csv", ["a", "", "N/A", "b"], ["a", "a", "a", ""])
    scored = score_file("timeline_subtask", file)
    assert scored.metrics["num_eval_windows"] == 2
    assert scored.metrics["accuracy"] == 0.5
    assert scored.notes == ["2 windows without a true label were left out"]


def test_one_class_is_said_to_measure_nothing(tmp_path):
    scored = score_file("contact_prediction", labels(tmp_path / "p.csv", ["contact"] * 3, ["contact"] * 3))
    assert any("measure nothing" in note for note in scored.notes)


def test_boundaries_of_several_episodes_stay_apart(tmp_path):
    centers = list(range(9, 59, 5))
    true = ["transition" if abs(c - 30) <= 10 else "steady" for c in centers]
    wrong = ["transition" if c == 29 else "steady" for c in centers]
    file = labels(
        tmp_path / "p.csv", true * 2, wrong + ["steady"] * 10,
        center_frame=centers * 2, episode_id=["one"] * 10 + ["two"] * 10,
    )  # fmt: skip
    with pytest.raises(FormatError, match="window_index occurs twice"):
        score_file(
            "transition_detection",
            labels(
                tmp_path / "q.csv", true * 2, true * 2, center_frame=centers * 2, window_index=[*range(10), *range(10)]
            ),
        )
    table(tmp_path / "true_boundaries.csv", [{"episode_id": e, "frame": 30} for e in ("one", "two")])
    metrics = score_file("transition_detection", file).metrics
    assert (metrics["matched_boundaries"], metrics["true_boundaries"], metrics["predicted_boundaries"]) == (1, 2, 1)
    assert metrics["mean_abs_timing_error_frames"] == 1.0


def test_retrieval_from_vectors_or_ranks(tmp_path):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(20, 8))
    np.savez(tmp_path / "v.npz", query=vectors, candidates=vectors)
    np.savez(tmp_path / "r.npz", ranks=np.ones(20, int))
    from_vectors = score_file("caption_grounding", tmp_path / "v.npz").metrics
    from_ranks = score_file("cross_modal_retrieval", tmp_path / "r.npz").metrics
    assert from_vectors["mrr"] == from_ranks["mrr"] == 1.0
    np.savez(tmp_path / "v.npz", query=vectors, candidates=vectors, positive=np.arange(20) + 5)
    with pytest.raises(FormatError, match="index of a candidate"):
        score_file("caption_grounding", tmp_path / "v.npz")


def test_reconstruction_and_pairs(tmp_path):
    np.savez(tmp_path / "v.npz", y_true=np.eye(4), y_pred=np.eye(4))
    assert score_file("modality_reconstruction", tmp_path / "v.npz").metrics["r2"] == 1.0
    rows = [{"sample_index": k, "true": k % 2, "predicted": 1} for k in range(10)]
    scored = score_file("misalignment_detection", table(tmp_path / "p.csv", rows))
    assert scored.metrics["f1"] == pytest.approx(2 / 3)
    assert scored.notes == ["answering 1 always has F1 0.6667 here"]


def test_unknown_task_and_missing_file(tmp_path):
    with pytest.raises(UsageError, match="no such task"):
        score_file("timeline", tmp_path / "p.csv")
    with pytest.raises(MissingError):
        score_file("timeline_action", tmp_path / "p.csv")


@pytest.mark.parametrize(
    ("task", "text", "match"),
    [
        ("timeline_action", "", "columns are missing"),
        ("timeline_action", "window_index,true_label\n0,a\n", "columns are missing"),
        ("timeline_action", "window_index,true_label,predicted_label\n", "nothing to score"),
        ("timeline_action", "window_index,true_label,predicted_label\n0,a\n", "another number of columns"),
        ("timeline_action", "window_index,true_label,predicted_label\nnan,a,a\n", "whole number"),
        ("timeline_action", "window_index,true_label,predicted_label\n1e999,a,a\n", "whole number"),
        ("timeline_action", f"window_index,true_label,predicted_label\n{'9' * 5000},a,a\n", "whole number"),
        ("timeline_action", "window_index,true_label,predicted_label\n0,a,a\n0,b,b\n", "occurs twice"),
        ("timeline_action", "window_index,true_label,true_label,predicted_label\n0,a,a,a\n", "column name"),
        ("timeline_action", f'window_index,true_label,predicted_label\n0,"{"x" * 200_000}",a\n', "CSV table"),
        ("timeline_action", b"window_index,true_label,predicted_label\n0,\xff\xfe,a\n", "UTF-8"),
        (
            "transition_detection",
            "window_index,true_label,predicted_label,center_frame\n0,jump,steady,9\n",
            "unknown label",
        ),
        (
            "transition_detection",
            "window_index,true_label,predicted_label,center_frame\n0,steady,steady,nan\n",
            "whole number",
        ),
        ("temporal_order", "sample_index,true,predicted\n0,1,0.5\n", "0 to 1"),
        ("temporal_order", "sample_index,true,predicted\n0,1,2\n", "0 to 1"),
        ("qwen3_omni_eval", '{"true_json": {"action": "a"}}\n{"true_json"\n', "not JSON"),
        ("qwen3_omni_eval", "[" * 100_000, "not JSON"),
        ("qwen3_omni_eval", "[]\n", "not a JSON object"),
        ("qwen3_omni_eval", '{"predicted_label": "a"}\n', "no true answer"),
        ("qwen3_omni_eval", "\n\n", "nothing to score"),
    ],
)
def test_wrong_text_files_are_refused(tmp_path, task, text, match):
    path = tmp_path / "p"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FormatError, match=match):
        score_file(task, path)


def test_strange_answers_count_as_wrong(tmp_path):
    truth = {"action": "Cut", "objects": ["knife"], "contact": "yes"}
    strange = [
        {"pred_json": {"action": "Cut", "objects": [{"a": 1}], "contact": ["yes"]}, "predicted_label": "Cut"},
        {"pred_json": "no object", "predicted_label": None},
        {"raw_prediction": '{"action": "Cut", "objects"'},
        {"raw_prediction": '{"action": "Cut", "contact": "yes", "objects": ["knife"]}'},
    ]
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(json.dumps({"true_json": truth, "true_label": "Cut"} | row) for row in strange))
    metrics = score_file("qwen3_omni_eval", path).metrics
    assert metrics["accuracy"] == 0.5
    assert metrics["contact_accuracy"] == 0.25
    assert metrics["json_validity_rate"] == 0.0
    assert metrics["object_micro_f1"] == pytest.approx(2 / (2 + 1 + 3))


def test_files_too_large_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "p"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    for task in ("timeline_action", "temporal_order", "qwen3_omni_eval", "modality_reconstruction"):
        with pytest.raises(LimitError, match="too large"):
            score_file(task, path)
    path.write_bytes(b'{"true_json": "' + b"x" * (5 * 2**20))
    with pytest.raises(LimitError, match="line too long"):
        score_file("qwen3_omni_eval", path)


class Bomb:
    def __reduce__(self):
        return (print, ("unpickled",))


def test_pickles_in_arrays_are_refused_and_never_run(tmp_path, capsys):
    np.savez(tmp_path / "p.npz", y_true=np.array([Bomb()], object), y_pred=np.zeros((1, 126)))
    with pytest.raises(FormatError, match="not an array of numbers"):
        score_file("modality_reconstruction", tmp_path / "p.npz")
    assert "unpickled" not in capsys.readouterr().out


def test_arrays_that_would_unpack_to_terabytes_are_refused(tmp_path):
    header = str({"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**6)}).encode().ljust(117) + b"\n"
    with zipfile.ZipFile(tmp_path / "p.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(2**24)
        for name in ("y_true.npy", "y_pred.npy"):
            archive.writestr(name, data)
    with pytest.raises(LimitError, match="array too large"):
        score_file("modality_reconstruction", tmp_path / "p.npz")


def test_a_directory_of_millions_of_members_is_refused(tmp_path):
    path = tmp_path / "p.npz"
    np.savez(path, y_true=np.eye(3), y_pred=np.eye(3))
    whole = bytearray(path.read_bytes())
    place = whole.rfind(b"PK\x05\x06")
    whole[place + 12 : place + 16] = (2**31).to_bytes(4, "little")
    path.write_bytes(whole)
    with pytest.raises(LimitError, match="too many members"):
        score_file("modality_reconstruction", path)


def test_wrong_arrays_are_refused(tmp_path):
    path = tmp_path / "p.npz"
    path.write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(CorruptError):
        score_file("modality_reconstruction", path)
    np.savez(path, y_true=np.zeros((3, 126)))
    with pytest.raises(FormatError, match="arrays are missing"):
        score_file("hand_trajectory_forecast", path)
    np.savez(path, y_true=np.zeros((3, 126)), y_pred=np.zeros((2, 126)))
    with pytest.raises(FormatError, match="differ in shape"):
        score_file("hand_trajectory_forecast", path)
    np.savez(path, y_true=np.zeros((3, 100)), y_pred=np.zeros((3, 100)))
    with pytest.raises(FormatError, match="whole frames of two hands"):
        score_file("hand_trajectory_forecast", path)
    np.savez(path, y_true=np.zeros((3, 126)), y_pred=np.full((3, 126), np.nan))
    with pytest.raises(FormatError, match="NaN"):
        score_file("hand_trajectory_forecast", path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorruptError):
        score_file("hand_trajectory_forecast", path)


# -- files of runs over several episodes, as others write them -----------------------------------------------------------

SEVERAL = {
    "multi_episode_128/timeline_action": ("timeline_action", "predictions.csv"),
    "multi_episode_128/object_relevance": ("object_relevance", "predictions.csv"),
    "multi_episode_128/temporal_order": ("temporal_order", "predictions.csv"),
    "multi_episode_128/caption_grounding": ("caption_grounding", "ranks.csv"),
    "qwen3_omni_v5_4032": ("qwen3_omni_eval", "predictions.csv"),
    "qwen3_omni_v4_448": ("qwen3_omni_eval", "predictions.jsonl"),
    "tier2/interaction_text_prediction": ("interaction_text_prediction", "predictions.csv"),
    "tier2/time_to_transition": ("time_to_transition", "predictions.csv"),
    "tier2/action_object_relation": ("action_object_relation", "predictions.csv"),
    "tier2/object_set_forecast": ("object_set_forecast", "predictions.csv"),
}


LACKING = {
    "val": "of another split, whose rows the file does not hold",
    "history": "of training",
    "epoch": "of training",
    "num_train_samples": "counts training rows",
    "num_train_windows": "counts training rows",
    "num_val_windows": "counts rows of another split",
    "num_windows": "counts training rows as well",
    "num_classes": "counts classes of training and validation as well",
    "num_train_classes": "counts classes of training",
    "majority_baseline_accuracy": "needs the labels of training",
    "unseen_test_class_count": "needs the labels of training",
    "unseen_test_objects": "needs the objects of training",
    "future_horizon_frames": "setting of the run",
    "sample_offset": "setting of the run",
    "sample_stride": "setting of the run",
    "held_out_episode_count": "property of the data set",
    "coverage": "compares with what was to be exported",
    "caption_window_grounding": "null: the run did not measure it",
}
"""Why the rows of a file do not give a number, by its name or that of what it stands in."""

WITHOUT_TRUE_JSON = dict.fromkeys(
    ("subtask_accuracy", "transition_accuracy", "next_action_accuracy", "contact_accuracy", "object_micro_f1"),
    "needs the true answer beside the action, which the CSV lacks",
)


def _numbers(values, path=()):
    """Numbers of a metrics file with the names that lead to each."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _numbers(value, (*path, name))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield (*path, name), value


@pytest.mark.parametrize("folder", SEVERAL)
def test_published_runs_over_several_episodes_are_recomputed(real, folder):
    task, file = SEVERAL[folder]
    path = real / "published_results" / folder
    ours = dict(_numbers(score_file(task, path / file).metrics))
    lacking = LACKING | (WITHOUT_TRUE_JSON if file.endswith(".csv") and "qwen" in folder else {})
    published = dict(_numbers(json.loads((path / "metrics.json").read_text())))
    derived = {names: value for names, value in published.items() if names in ours or not set(names) & set(lacking)}
    assert len(derived) >= 6
    for names, value in derived.items():
        assert ours[names] == pytest.approx(value, abs=1e-6, rel=1e-6), names


def test_ids_stand_for_an_index_and_answers_may_be_words(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text(
        "id,episode_id,true_order,predicted_order\na,e1,yes,no\nb,e1,no,no\nc,e2,yes,yes\nd,e2,no,yes\ne,e2,no,no\n"
    )
    metrics = score_file("temporal_order", path).metrics
    assert (metrics["accuracy"], metrics["tp"], metrics["fp"], metrics["fn"], metrics["tn"]) == (0.6, 1, 1, 1, 2)
    assert metrics["balanced_accuracy"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert metrics["macro_f1"] == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_lists_by_semicolon_and_columns_of_true_and_predicted(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,true_objects,predicted_objects\na,cup;pan,cup\nb,,pan;cup\n")
    metrics = score_file("object_relevance", path).metrics
    assert (metrics["precision"], metrics["recall"]) == (pytest.approx(1 / 3), 0.5)
    path.write_text("id,y_true,y_pred\na,x,x\nb,y,x\n")
    assert score_file("timeline_action", path).metrics["accuracy"] == 0.5


def test_a_table_of_ranks(tmp_path):
    path = tmp_path / "ranks.csv"
    path.write_text("row_id,rank\na,1\nb,2\nc,4\n")
    metrics = score_file("caption_grounding", path).metrics
    assert metrics["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 4) / 3) and metrics["top1"] == pytest.approx(1 / 3)
    assert metrics["median_rank"] == 2


def test_a_table_of_reciprocal_ranks(tmp_path):
    path = tmp_path / "ranks.csv"
    path.write_text("row_id,reciprocal_rank\na,1\nb,0.5\nc,0.25\n")
    metrics = score_file("caption_grounding", path).metrics
    assert metrics["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 4) / 3) and metrics["median_rank"] == 2


def test_only_the_test_split_counts_where_the_file_names_several(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,split,true_label,predicted_label\na,val,x,y\nb,test,x,x\nc,test,y,y\n")
    scored = score_file("timeline_action", path)
    assert scored.metrics["accuracy"] == 1.0 and any("split test" in note for note in scored.notes)
    assert score_file("timeline_action", path, Extras(split="val")).metrics["accuracy"] == 0.0


def test_the_command_chooses_the_split(tmp_path):
    from xperience.cli import app, load

    load(app)
    path = tmp_path / "p.csv"
    path.write_text("id,split,true_label,predicted_label\na,val,x,y\nb,test,x,x\nc,test,y,y\n")
    result = CliRunner().invoke(app, ["score", "--task", "timeline_action", str(path), "--split", "val", "--json"])
    assert result.exit_code == 0, result.output
    metrics = json.loads(result.stdout)
    assert metrics["accuracy"] == 0.0
    assert metrics["splits"]["val"]["accuracy"] == 0.0 and metrics["splits"]["val"]["num_eval_windows"] == 1
    with pytest.raises(FormatError, match="no row of this split"):
        score_file("timeline_action", path, Extras(split="train"))


@pytest.mark.parametrize(
    ("task", "header"),
    [
        ("timeline_action", "id,trueLabel,predictedLabel"),
        ("timeline_action", "ID,True Label,Pred Label"),
        ("timeline_action", "sample_id,label_true,label_pred"),
        ("timeline_subtask", "id,actual,pred"),
        ("next_action", "id,true_action,predicted_action"),
        ("next_subtask_forecast", "id,gt_next_subtask,pred_next_subtask"),
        ("contact_prediction", "id,true_contact,predicted_contact"),
        ("qwen3_omni_eval", "id,y_true,y_pred"),
        ("qwen3_omni_eval", "ID,True_Label,Predicted_Label"),
    ],
)
def test_columns_by_other_names(tmp_path, task, header):
    path = tmp_path / "p.csv"
    path.write_text(f"{header}\na,x,x\nb,y,x\nc,y,y\n")
    assert score_file(task, path).metrics["accuracy"] == pytest.approx(2 / 3)


def test_the_answer_of_the_task_goes_before_other_columns(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,true_action,predicted_action,true_next_action,predicted_next_action\na,x,z,x,x\n")
    assert score_file("next_action", path).metrics["accuracy"] == 1.0
    path.write_text("id,target,true_label,predicted_label\na,episode_qa,x,x\n")
    assert score_file("qwen3_omni_eval", path).metrics["accuracy"] == 1.0


@pytest.mark.parametrize("task", ["timeline_action", "qwen3_omni_eval"])
@pytest.mark.parametrize("shape", ["lines", "list", "wrapped", "wrapped over lines"])
def test_rows_of_json_in_every_shape(tmp_path, task, shape):
    rows = [{"id": k, "true_label": t, "predicted_label": "x"} for k, t in enumerate("xy")]
    text = {
        "lines": "\n".join(json.dumps(row) for row in rows),
        "list": json.dumps(rows),
        "wrapped": json.dumps({"run": "a", "predictions": rows}),
        "wrapped over lines": json.dumps({"rows": rows}, indent=1),
    }
    path = tmp_path / "p"
    path.write_text(text[shape])
    assert score_file(task, path).metrics["accuracy"] == 0.5


def test_answers_in_a_csv_average_over_the_labels_of_their_own_run(tmp_path):
    path = tmp_path / "predictions.csv"
    path.write_text(
        'id,episode_id,true_label,predicted_label,raw_prediction\na,e,x,x,"{""action"": ""x""}"\nb,f,y,x,no answer\n'
    )
    assert score_file("qwen3_omni_eval", path).metrics["macro_f1"] is None
    for names in (["x", "y"], ["x", "y", "z", "w"]):
        (tmp_path / "metrics.json").write_text(json.dumps({"labels": names}))
        metrics = score_file("qwen3_omni_eval", path).metrics
        assert metrics["macro_f1"] == pytest.approx(2 / 3 / len(names))
    assert metrics["num_eval_episodes"] == 2


def test_published_probes_and_ours_have_scores(tmp_path):
    path = tmp_path / "p.csv"
    for task, high in (("motion_intensity", "high"), ("body_motion_intensity", "high_motion")):
        path.write_text(f"id,true_label,predicted_label\na,{high},1\nb,{high},0\n")
        metrics = score_file(task, path).metrics
        assert (metrics["positive_rate_true"], metrics["positive_rate_pred"], metrics["accuracy"]) == (1.0, 0.5, 0.5)
    for task in ("action_phase", "action_phase_progress"):
        path.write_text("id,true_progress,predicted_progress\na,0,0.5\nb,1,1\n")
        assert score_file(task, path).metrics["mae"] == 0.25
    path.write_text("id,delta_l2_error\na,3\nb,4\n")
    assert score_file("ego_motion_forecast", path).metrics["mse"] == pytest.approx((9 + 16) / 2 / 21)
    assert score_file("ego_motion", path).metrics["mse"] is None
    path.write_text("id,rank\na,1\nb,4\n")
    for task in ("multi_view_consistency", "multi_view_consistency_retrieval"):
        assert score_file(task, path).metrics["mrr"] == 0.625
