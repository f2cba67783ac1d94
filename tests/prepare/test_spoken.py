"""Language of segments: runs of the label rule, and the description of each action beside its label."""

from __future__ import annotations

from xperience.episode import Episode
from xperience.prepare.spoken import Spoken, runs


def test_runs_join_equal_neighbours_and_leave_out_what_is_empty():
    assert runs(["a", "a", "", "b", "b", "a"]) == [[0, 2, "a"], [3, 5, "b"], [5, 6, "a"]]
    assert runs([None, ["cup"], ["cup"], [], None]) == [[1, 3, ["cup"]]]
    assert runs([]) == []


def test_an_action_is_described_by_its_own_description(episode_path):
    with Episode.open(episode_path) as episode:
        found = Spoken(episode).runs(0, episode.num_frames)
        caption, times = episode.caption, episode.clock.times_ns
        assert caption is not None and found is not None
        described = {}
        for segment in caption.segments:
            for action in segment.actions:
                described.setdefault(action.label, []).append(action)
        assert found["main_task"] == caption.main_task
        assert len(found["action"]) >= 2 and len(found["description"]) >= 1
        for first, stop, text in found["description"]:
            for low, high, label in found["action"]:
                if max(first, low) < min(stop, high):
                    mine = [action for action in described[label] if action.description == text]
                    assert mine, (label, text)
                    assert any(action.start <= times[high - 1] and action.end >= times[low] for action in mine)


def test_a_part_of_a_recording_counts_from_its_own_first_frame(episode_path):
    with Episode.open(episode_path) as episode:
        spoken, labels = Spoken(episode), episode.labels
        part = spoken.runs(30, 70)
        assert part is not None
        painted = [""] * 40
        for first, stop, label in part["action"]:
            painted[first:stop] = [label] * (stop - first)
        assert painted == labels.action[30:70].tolist()
