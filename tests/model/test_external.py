"""Encoders from `transformers`, tiny ones with random weights: as tokens, as something trained or not, as a folder."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import random_batch
import torch
from test_presence import cut
from torch.nn import functional as F

from xperience.errors import CorruptError, FormatError, MissingError, UsageError, XperienceError
from xperience.model.config import ModelConfig
from xperience.model.external import folder, guest
from xperience.model.language import Tokenizer
from xperience.model.model import XperienceModel
from xperience.model.sizes import size
from xperience.model.streaming import Streamer
from xperience.pretrain import costs
from xperience.pretrain.config import TrainConfig, load_config, parse
from xperience.pretrain.learner import groups, on_device
from xperience.pretrain.run import planned_shape, pretrain, restore
from xperience.report.audit import audit

transformers = pytest.importorskip("transformers")

SLIM = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
DEEP = SLIM | {"intermediate_size": 32}
SEEN = DEEP | {"image_size": 32, "patch_size": 8}
HEARD = DEEP | {"conv_dim": (8,) * 7, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2}
JEPA = SLIM | {"hidden_size": 24, "crop_size": 32, "patch_size": 8, "pred_hidden_size": 24, "pred_num_hidden_layers": 1,
               "pred_num_attention_heads": 2}  # fmt: skip
ENCODERS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "dinov2": ("video", "Dinov2Model", "Dinov2Config", SLIM | {"image_size": 28, "patch_size": 7}),
    "registers": ("video", "Dinov2WithRegistersModel", "Dinov2WithRegistersConfig",
                  SLIM | {"image_size": 28, "patch_size": 7}),
    "dinov3": ("video", "DINOv3ViTModel", "DINOv3ViTConfig", SEEN),
    "vit": ("video", "ViTModel", "ViTConfig", SEEN),
    "siglip": ("video", "SiglipVisionModel", "SiglipVisionConfig", SEEN),
    "clip": ("video", "CLIPVisionModel", "CLIPVisionConfig", SEEN),
    "vjepa2": ("video", "VJEPA2Model", "VJEPA2Config", JEPA),
    "wav2vec2": ("audio", "Wav2Vec2Model", "Wav2Vec2Config", HEARD),
    "hubert": ("audio", "HubertModel", "HubertConfig", HEARD | {"feat_extract_norm": "layer"}),
    "wavlm": ("audio", "WavLMModel", "WavLMConfig", HEARD),
    "data2vec": ("audio", "Data2VecAudioModel", "Data2VecAudioConfig",
                 DEEP | {"conv_dim": (8,) * 7, "num_conv_pos_embeddings": 2, "num_conv_pos_embedding_groups": 2,
                         "conv_pos_kernel_size": 3}),
}  # fmt: skip


def saved(place: Path, name: str) -> Path:
    """The folder of a tiny encoder."""
    _, model, config, options = ENCODERS[name]
    torch.manual_seed(1)
    getattr(transformers, model)(getattr(transformers, config)(**options)).save_pretrained(place)
    return place


def shape(places: dict[str, Path], train: str = "none", pixels: int = 0, **changes: Any) -> ModelConfig:
    chosen = {m: SimpleNamespace(path=str(p), train=train, pixels=pixels) for m, p in places.items()}
    small = {"width": 64, "layers": 2, "heads": 2, "kv_heads": 2, "text_width": 64}
    return size("nano", random_batch.shapes(), folder.look(chosen), **(small | changes))


def built(config: ModelConfig) -> XperienceModel:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return XperienceModel(config, Tokenizer.learn([], 0))


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("encoders")
    return {"video": saved(root / "dinov2", "dinov2"), "audio": saved(root / "wav2vec2", "wav2vec2")}


@pytest.fixture(scope="module")
def own() -> XperienceModel:
    return built(random_batch.config())


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("train", ["none", "norms", "all"])
def test_every_encoder_gives_tokens_where_the_own_would(
    own: XperienceModel, tmp_path: Path, name: str, train: str
) -> None:
    modality = ENCODERS[name][0]
    config = shape({modality: saved(tmp_path, name)}, train)
    model, batch = built(config), random_batch.tensors(size=2)
    streams = model.encoders[modality].streams
    with torch.no_grad():
        wanted = own.encode(batch, streams).tokens
    tokens = model.encode(batch, streams).tokens
    assert tokens.x.shape == wanted.x.shape and tokens.places == wanted.places
    assert torch.equal(tokens.time, wanted.time) and torch.equal(tokens.known, wanted.known)
    tokens.x.square().mean().backward()
    lacking = [n for n, p in model.encoders[modality].named_parameters()
               if p.requires_grad and p.grad is None and n.startswith(("stem", "enter"))]  # fmt: skip
    assert not lacking
    (visitor,) = guest.guests(model)
    learning = [n for n, p in visitor.named_parameters() if p.requires_grad]
    if train == "none":
        assert not list(visitor.parameters()) and guest.frozen(model) > 1000
    else:
        assert all("norm" in n.lower() for n in learning) == (train == "norms") and learning
        loaded = guest.load(visitor.external, visitor.kind)
        mine = dict(visitor.inner.named_parameters())
        assert all(torch.equal(mine[n], p) for n, p in loaded.named_parameters()), "the weights are those of the folder"
    with torch.device("meta"):
        bare = XperienceModel(config, Tokenizer.learn([], 0))
    names = {n for n, _ in (*bare.named_parameters(), *bare.named_buffers())}
    assert names == set(bare.state_dict()), "all that it has travels with its weights"


def test_frozen_encoders_are_no_part_of_what_is_trained(places: dict[str, Path]) -> None:
    import copy

    model = built(shape(places)).train()
    teacher = copy.deepcopy(model)
    batch = random_batch.tensors(presence="all")
    model.encode(batch).tokens.x.square().mean().backward()
    mine, theirs = guest.guests(model), guest.guests(teacher)
    assert len(mine) == 2
    for one, other in zip(mine, theirs, strict=True):
        assert one.shared is other.shared and one.shared is not None
        encoder = one.shared.encoder
        assert encoder is not None and not encoder.training
        assert all(p.grad is None and not p.requires_grad for p in encoder.parameters())
        optimised = {id(p) for group in groups(model, 0.1) for p in group["params"]}
        assert not optimised & {id(p) for p in encoder.parameters()}
    for adapter in (model.encoders["video"].stem.adapter, model.encoders["audio"].enter.adapter):
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in adapter.parameters())
    assert not any("shared" in name or "inner" in name for name in model.state_dict())


def test_pictures_are_seen_as_the_library_would(tmp_path: Path) -> None:
    """The last hidden states of one view's pictures by the library alone, averaged to the grid by hand."""
    saved(tmp_path, "dinov2")
    mean, spread = [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]
    told = {"image_mean": mean, "image_std": spread, "size": {"shortest_edge": 64}, "crop_size": {"height": 57}}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(told))
    config = shape({"video": tmp_path})
    assert config.external["video"].pixels == 56, "whole patches of seven"
    model = built(config)
    stem = model.encoders["video"].stem
    batch = random_batch.tensors(presence="all")
    pictures = batch.streams["video_stereo_left"].values[:, :4].permute(0, 1, 4, 2, 3).flatten(0, 1).float() / 255
    small = F.interpolate(pictures, (56, 56), mode="bilinear", antialias=True)
    small = (small - torch.tensor(mean)[:, None, None]) / torch.tensor(spread)[:, None, None]
    alone = transformers.Dinov2Model.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        patches = alone(pixel_values=small).last_hidden_state[:, 1:].transpose(1, 2).unflatten(2, (8, 8))
        cells = F.avg_pool2d(patches, 4).flatten(2).transpose(1, 2)
        wanted = stem.adapter(cells).unflatten(0, (4, 4)).flatten(1, 2)
        got = model.encode(batch, ("video_stereo_left",)).tokens.x
    assert torch.allclose(got, wanted, atol=1e-5)


def test_sound_is_heard_as_the_library_would(places: dict[str, Path]) -> None:
    """One block of 0.25 s by the library alone: its frames, averaged."""
    model = built(shape({"audio": places["audio"]}))
    batch = random_batch.tensors(presence="all")
    enter = model.encoders["audio"].enter
    wave = batch.streams["audio"].values[:, :13].flatten(1).float() / 32768
    wave = wave - wave.mean(1, keepdim=True)
    wave = wave / (wave.square().mean(1, keepdim=True) + 1e-7).sqrt()
    alone = transformers.Wav2Vec2Model.from_pretrained(places["audio"]).eval()
    with torch.no_grad():
        frames = alone(F.pad(wave, (0, 80))).last_hidden_state
        got = model.encode(batch, ("audio",)).tokens.x[:, 0]
        power = (batch.streams["audio"].values[:, :13].float() / 32768).square().mean((1, 2))[:, None]
        told = [enter.norm(frames.mean(1)), (torch.log(power + 1e-6) + 6) / 4, torch.ones(4, 1)]
        wanted = enter.adapter(torch.cat(told, 1))
    assert frames.shape[1] == 13 and torch.allclose(got, wanted, atol=1e-5)


def test_a_picture_may_be_of_another_size(tmp_path: Path) -> None:
    for name in ("vit", "siglip", "clip", "vjepa2", "dinov3"):
        model = built(shape({"video": saved(tmp_path / name, name)}, pixels=48))
        with torch.no_grad():
            assert model.encode(random_batch.tensors(), ("video_stereo_left",)).tokens.x.isfinite().all()
    with pytest.raises(UsageError, match="a multiple of 8"):
        shape({"video": tmp_path / "vit"}, pixels=36)


def test_the_encoder_of_a_larger_model_is_taken_out_of_it(tmp_path: Path) -> None:
    text = DEEP | {"vocab_size": 50, "max_position_embeddings": 8}
    whole = transformers.SiglipModel(transformers.SiglipConfig(text_config=text, vision_config=SEEN))
    whole.save_pretrained(tmp_path)
    config = shape({"video": tmp_path})
    assert config.external["video"].type == "siglip"
    loaded = guest.load(config.external["video"], guest.guests(built(config))[0].kind)
    theirs = dict(whole.vision_model.named_parameters())
    assert all(torch.equal(theirs[name], p) for name, p in loaded.named_parameters())


@pytest.mark.parametrize("train", ["none", "all"])
def test_streaming_equals_one_pass(places: dict[str, Path], train: str) -> None:
    model = built(shape(places, train)).eval()
    whole = random_batch.batch(size=2, frames=40, future=0)
    cpu = torch.device("cpu")
    with torch.no_grad():
        wanted = model(on_device(whole, cpu)).readout
    streamer = Streamer(model)
    got = [
        streamer.feed(on_device(cut(whole, first, 20), cpu), torch.full((2,), 100 + first / 20, dtype=torch.float64))
        for first in (0, 20)
    ]
    assert (torch.cat([state.readout for state in got], 1) - wanted).abs().max() < 1e-5


def test_blocks_know_nothing_of_each_other(places: dict[str, Path]) -> None:
    model = built(shape(places))
    one, other = random_batch.tensors(presence="all"), random_batch.tensors(presence="all", seed=1)
    mixed = {
        name: replace(s, values=torch.where(
            (s.times < 0.5 - 1e-6).view(*s.times.shape, *[1] * (s.values.ndim - 2)), s.values, other.streams[name].values))
        for name, s in one.streams.items()
    }  # fmt: skip
    streams = ("video_stereo_left", "audio")
    with torch.no_grad():
        a = model.encode(one, streams).tokens
        b = model.encode(replace(one, streams=mixed), streams).tokens
    early = torch.from_numpy(a.block < 2)
    assert torch.allclose(a.x[:, early], b.x[:, early], atol=1e-6) and not torch.allclose(a.x, b.x, atol=1e-2)


def test_what_is_wrong_with_a_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = saved(tmp_path / "good", "vit")

    def broken(name: str, file: str, content: bytes | None) -> Path:
        shutil.copytree(good, tmp_path / name)
        (tmp_path / name / file).unlink(missing_ok=True)
        if content is not None:
            (tmp_path / name / file).write_bytes(content)
        return tmp_path / name

    weights = (good / "model.safetensors").read_bytes()
    text = json.loads((good / "config.json").read_text())
    cases: list[tuple[Path, type[XperienceError], str]] = [
        (tmp_path / "none", MissingError, "no such folder"),
        (broken("a", "config.json", None), MissingError, "not that of an encoder"),
        (broken("b", "config.json", b"{"), CorruptError, "cannot be read"),
        (broken("c", "config.json", b'{"model_type": "bert"}'), UsageError, "dinov2"),
        (broken("d", "config.json", json.dumps(text | {"patch_size": 0}).encode()), FormatError, "no encoder"),
        (broken("e", "config.json", json.dumps(text | {"hidden_size": "x"}).encode()), FormatError, "no encoder"),
        (broken("f", "model.safetensors", None), MissingError, "no safetensors"),
        (broken("g", "model.safetensors", weights[:100]), CorruptError, "weights cannot be read"),
        (broken("h", "model.safetensors", weights[:-100]), CorruptError, "weights cannot be read"),
        (broken("i", "model.safetensors.index.json", b'{"weight_map": {"a": "../x"}}'), FormatError, "not an index"),
        (broken("j", "model.safetensors.index.json", b'{"weight_map": {"a": "x"}}'), MissingError, "no safetensors"),
        (broken("k", "preprocessor_config.json", b'{"image_mean": [0.5]}'), FormatError, "three numbers"),
        (broken("l", "preprocessor_config.json", b"[]"), FormatError, "not what"),
    ]  # fmt: skip
    for place, error, match in cases:
        with pytest.raises(error, match=match):
            shape({"video": place})
    torch.save({}, tmp_path / "f" / "pytorch_model.bin")
    with pytest.raises(MissingError, match=r"found: pytorch_model.bin\n.*pickles are not opened"):
        shape({"video": tmp_path / "f"})
    with pytest.raises(UsageError, match="wav2vec2"):
        shape({"audio": good})
    deeper = broken("m", "config.json", json.dumps(text | {"num_hidden_layers": 3}).encode())
    wider = broken("n", "config.json", json.dumps(text | {"intermediate_size": 48}).encode())
    for place, error in ((deeper, FormatError), (wider, CorruptError)):
        with pytest.raises(error):
            guest.ready(built(shape({"video": place})))
    with pytest.raises(UsageError, match="lacks"):
        some = {name: s for name, s in random_batch.shapes().items() if name != "audio"}
        replace(shape({"video": good}), streams=some, external={"audio": shape({"video": good}).external["video"]})
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingError, match="needs transformers"):
        shape({"video": good})


def test_sound_of_another_rate_is_refused(tmp_path: Path, places: dict[str, Path]) -> None:
    shutil.copytree(places["audio"], tmp_path / "a")
    (tmp_path / "a" / "preprocessor_config.json").write_text('{"sampling_rate": 8000}')
    with pytest.raises(FormatError, match="another sampling rate"):
        shape({"audio": tmp_path / "a"})
    text = json.loads((places["audio"] / "config.json").read_text())
    (tmp_path / "a" / "preprocessor_config.json").unlink()
    (tmp_path / "a" / "config.json").write_text(json.dumps(text | {"conv_stride": [5, 2, 2, 2, 2, 2, 1]}))
    with pytest.raises(FormatError, match="another length"):
        shape({"audio": tmp_path / "a"})


def run_config(places: dict[str, Path], **train: str) -> TrainConfig:
    small = {"width": 32, "layers": 2, "heads": 2, "kv_heads": 2, "text_width": 32, "vocabulary": 512}
    external = {m: {"path": str(p), "train": train.get(m, "none")} for m, p in places.items()}
    run = {"run.steps": 2, "run.minutes": 0.0, "run.batch": 4, "run.workers": 0, "run.device": "cpu"}
    return load_config("nano", run | {"model.changes": small, "model.external": external})


def test_a_run_from_its_start_to_its_end_and_back(prepared_path: Path, places: dict[str, Path], tmp_path: Path) -> None:
    """Pictures by a frozen encoder, sound by one whose norms are trained."""
    from xperience.pretrain.corpus import Corpus

    mine = {m: shutil.copytree(p, tmp_path / m) for m, p in places.items()}
    config, run = run_config(mine, audio="norms"), tmp_path / "run"
    assert pretrain(config, [prepared_path], run).code == 0
    first = restore(run)
    batch = on_device(Corpus([prepared_path], config.data, 0).batches.batch(np.arange(2)), torch.device("cpu"))
    with torch.no_grad():
        wanted = first.model(batch).readout
    assert wanted.isfinite().all()

    # The frozen weights are not the run's; of the others, the norms and nothing else have moved.
    state = first.learner.state_dict()
    assert not any("video.stem.guest" in name for name in state)
    (audio,) = [g for g in guest.guests(first.learner.model) if g.shared is None]
    loaded = guest.load(replace(audio.external, place=str(mine["audio"])), audio.kind)
    moved = {n for n, p in loaded.named_parameters() if not torch.equal(dict(audio.inner.named_parameters())[n], p)}
    assert moved and all("norm" in name for name in moved)

    # What is published holds no path of this machine.
    release = tmp_path / "release"
    release.mkdir()
    for name in ("weights.safetensors", "config.json", "MODEL_CARD.md", "RUN_REPORT.md", "training_metadata.json",
                 "statistics.json", "DATA_BOUNDARY_REPORT.md", "tokenizer.json"):  # fmt: skip
        shutil.copy(run / name, release)
    assert audit(release) == []
    card = (run / "MODEL_CARD.md").read_text()
    assert "External encoder of video: dinov2" in card and "External encoder of audio: wav2vec2" in card

    # The folders move: the frozen one has to be given again, and has to be the same.
    elsewhere = {m: p.rename(tmp_path / f"moved_{m}") for m, p in mine.items()}
    with pytest.raises(MissingError, match=r"put the folder of the dinov2 encoder"):
        restore(run)
    (run / "external").mkdir()
    shutil.copytree(elsewhere["video"], run / "external" / "video")
    with torch.no_grad():
        assert torch.equal(restore(run).model(batch).readout, wanted)
    weights = run / "external" / "video" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(UsageError, match="another encoder of video"):
        restore(run)

    # The same command goes on with a folder that has moved, not with other weights.
    again = run_config(elsewhere, audio="norms")
    assert again.digest == config.digest != run_config(elsewhere, audio="all").digest
    folder.note(run, planned_shape(again, [prepared_path]), begun=True)
    saved(elsewhere["video"], "vit")
    with pytest.raises(UsageError, match="other weights of an external encoder"):
        folder.note(run, planned_shape(again, [prepared_path]), begun=True)
    folder.note(run, planned_shape(again, [prepared_path]), begun=False)


def test_what_a_config_says_is_checked(places: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'video'"):
        parse({"run": {"steps": 1}, "model": {"external": {"vidio": {}}}})
    with pytest.raises(UsageError, match="did you mean 'path'"):
        parse({"run": {"steps": 1}, "model": {"external": {"video": {"paht": "x"}}}})
    with pytest.raises(UsageError, match=r"model\.external\.audio\.train"):
        parse({"run": {"steps": 1}, "model": {"external": {"audio": {"train": "some"}}}})
    with pytest.raises(UsageError, match=r"model\.changes\.external"):
        parse({"run": {"steps": 1}, "model": {"changes": {"external": {}}}})
    with pytest.raises(UsageError, match="no folder given"):
        planned_shape(parse({"run": {"steps": 1}, "model": {"external": {"video": {}}}}), [])
    config = run_config(places)
    assert "path" not in json.dumps(config.model_dump(mode="json")) and config.digest != run_config({}).digest
    again = ModelConfig.from_json(json.loads(json.dumps(planned_shape(config, []).to_json())))
    assert again == planned_shape(config, []) and again.external["video"].place == ""


def test_a_plan_counts_them(places: dict[str, Path]) -> None:
    plain, frozen, whole = run_config({}), run_config(places), run_config(places, video="all", audio="all")
    sizes = [costs.measure(c, planned_shape(c, [])) for c in (plain, frozen, whole)]
    assert sizes[0].frozen == sizes[2].frozen == 0 < sizes[1].frozen
    assert sizes[2].student == pytest.approx(sizes[1].student + sizes[1].frozen, rel=0.01)
    assert "frozen" in costs.plan(frozen, planned_shape(frozen, []), 1)
    assert len({s.tokens for s in sizes}) == 1
