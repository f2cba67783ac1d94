"""The renderer against a room whose every distance is known, and against itself."""

from __future__ import annotations

import numpy as np
import pytest

from xperience.episode import geometry
from xperience.simulate import truth
from xperience.simulate.motion import animate
from xperience.simulate.render.rays import view_rays
from xperience.simulate.render.renderer import Renderer
from xperience.simulate.render.textures import KINDS, TextureAtlas
from xperience.simulate.rig import depth_camera, rig_at
from xperience.simulate.scenario import plan_scenario
from xperience.simulate.script import Scenario
from xperience.simulate.shapes import box
from xperience.simulate.things import Light, Part, Person, Thing
from xperience.simulate.world import Motion

FRAMES = 40
HEAD = geometry.transform(np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]), np.array([0, 0, 1.6]))


def thing(number: int, kind: str, size: tuple[float, float, float], at: tuple[float, float, float]) -> Thing:
    parts = tuple((Part(box(*size), color, "speckle", 0.2),) for color in ((0.7, 0.6, 0.5), (0.1, 0.9, 0.1)))
    pose = geometry.transform(np.eye(3), np.array(at))
    return Thing(number, kind, kind, ("red", "green"), parts, pose, False, None, size)


def room() -> tuple[Scenario, Motion]:
    """A room of 4 x 4 x 2.5 m with one cube that slides along x and turns green halfway; nobody's hands in sight."""
    things = (
        thing(1, "floor", (4, 4, 0.1), (0, 0, -0.1)),
        thing(2, "ceiling", (4, 4, 0.1), (0, 0, 2.5)),
        *(thing(3 + k, "wall", (0.1, 4, 2.5), (x, 0, 0)) for k, x in enumerate((-2.05, 2.05))),
        *(thing(5 + k, "wall", (4, 0.1, 2.5), (0, y, 0)) for k, y in enumerate((-2.05, 2.05))),
        thing(7, "cube", (0.2, 0.2, 0.2), (0, 0.8, 0.9)),
    )
    light = Light(np.array([0.2, 0.1, 0.9]), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    person = Person(1.7, "right", (0.8, 0.6, 0.5), (0.3, 0.3, 0.6), (0.2, 0.2, 0.2))
    scenario = Scenario(1, 2, 2.0, "room", "none", "", "", person, light, things, np.eye(4), (), (), ())
    poses = np.stack([np.stack([one.pose for one in things])] * FRAMES)
    poses[:, 6, 0, 3] = np.linspace(-0.3, 0.3, FRAMES)
    states = np.zeros((FRAMES, len(things)), int)
    states[FRAMES // 2 :, 6] = 1
    away = np.array([0, -1.5, 0.5])
    identity = np.broadcast_to(np.eye(4), (FRAMES, 4, 4))
    motion = Motion(
        np.arange(FRAMES) / 20,
        np.broadcast_to(HEAD, (FRAMES, 4, 4)),
        identity,
        identity,
        np.broadcast_to(away, (FRAMES, 52, 3)) + np.linspace(0, 0.1, 52)[:, None],
        np.broadcast_to(np.eye(3), (FRAMES, 21, 3, 3)),
        np.broadcast_to(np.eye(3), (FRAMES, 2, 15, 3, 3)),
        np.broadcast_to(away, (FRAMES, 2, 21, 3)) + np.linspace(0, 0.1, 21)[:, None],
        np.zeros((FRAMES, 21)),
        poses,
        states,
        np.zeros((FRAMES, len(things)), np.int8),
    )
    return scenario, motion


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(*room(), rig_at(160), 1, 2)


def test_depth_is_that_of_the_nearest_plane(renderer: Renderer) -> None:
    hits = renderer.frame(10).depth
    rig = rig_at(160)
    camera = depth_camera(rig)
    assert camera.size is not None
    grid = np.stack(np.meshgrid(np.arange(camera.size[0]), np.arange(camera.size[1])), -1)
    rays, _ = camera.unproject(grid)
    T_world_camera = rig.T_world_camera("stereo_left", HEAD)
    rays_world = rays @ T_world_camera[:3, :3].T
    origin = T_world_camera[:3, 3]
    bounds = ((0, -2), (0, 2), (1, -2), (1, 2), (2, 0), (2, 2.5))
    with np.errstate(divide="ignore"):
        ways = [(bound - origin[axis]) / rays_world[..., axis] for axis, bound in bounds]
    distance = np.min([np.where(way > 0, way, np.inf) for way in ways], axis=0)
    expected = distance * rays[..., 2]
    walls = hits.label == truth.ROOM
    assert walls.mean() > 0.8
    np.testing.assert_allclose(hits.z[walls], expected[walls], rtol=1e-4)
    cube = hits.label == 7
    assert cube.sum() > 10
    assert (hits.z[cube] < expected[cube] - 0.1).all()
    assert not hits.still[cube].any()
    assert hits.still[walls].all()


def test_a_moving_thing_is_drawn_where_it_is_and_in_its_state(renderer: Renderer) -> None:
    camera = rig_at(160)["stereo_left"]
    T_camera_world = camera.T_camera_body @ geometry.invert(HEAD)
    greens = []
    for k in (0, 15, 25, 39):
        frame = renderer.frame(k)
        mask = frame.labels["stereo_left"] == 7
        rows, columns = np.nonzero(mask)
        centre = np.array([[np.linspace(-0.3, 0.3, FRAMES)[k], 0.8, 1.0]])
        pixel, seen = camera.project(geometry.apply(T_camera_world, centre))
        assert seen.all()
        assert np.abs(pixel[0] - [columns.mean(), rows.mean()]).max() < 4
        color = frame.images["stereo_left"][mask].mean(0)
        greens.append(bool(color[1] > 1.5 * color[0]))
    assert greens == [False, False, True, True]


def test_no_ray_slips_between_faces() -> None:
    """The ray caster runs in its faster mode, which does not promise this."""
    scenario = plan_scenario(31, 131, 6.0)
    motion = animate(scenario).at(np.array([0.5, 2.5, 4.5]))
    rig = rig_at(256)
    renderer = Renderer(scenario, motion, rig, 1, 2)
    for k in range(3):
        for view, label in renderer.frame(k).labels.items():
            rays = view_rays(rig[view])
            lit = (rays.source < len(rays.directions)).reshape(label.shape)
            assert (label[lit] != truth.OUTSIDE).all()
            assert (label[~lit] == truth.OUTSIDE).all()


def test_a_large_view_shows_what_a_small_one_shows() -> None:
    scenario, motion = room()
    small = Renderer(scenario, motion, rig_at(68), 1, 2).frame(5)
    large = Renderer(scenario, motion, rig_at(544), 1, 2).frame(5)
    for view in ("fisheye_cam0", "stereo_left"):
        coarse = large.images[view].astype(float)
        height, width = small.images[view].shape[:2]
        coarse = coarse[: height * 8].reshape(height, 8, width, 8, 3).mean((1, 3))
        inside = (small.labels[view] > 0) & (large.labels[view][3 : height * 8 : 8, 3::8] > 0)
        assert np.abs(coarse - small.images[view])[inside].mean() < 6


def test_textures_repeat_and_fade_to_their_mean() -> None:
    atlas = TextureAtlas(3)
    rng = np.random.default_rng(0)
    a, b = rng.uniform(64, 66, (2, 500)).astype(np.float32)
    for kind in range(len(KINDS)):
        kinds = np.full(500, kind, np.int32)
        fine, far = np.full(500, 1e-4, np.float32), np.full(500, 5.0, np.float32)
        np.testing.assert_array_equal(
            atlas.sample(kinds, a, b, fine), atlas.sample(kinds, a + np.float32(1), b + np.float32(3), fine)
        )
        assert np.ptp(atlas.sample(kinds, a, b, fine)) > 0.05
        assert np.ptp(atlas.sample(kinds, a, b, far)) == 0
        assert 0.6 < atlas.sample(kinds, a, b, far)[0] < 1.1
