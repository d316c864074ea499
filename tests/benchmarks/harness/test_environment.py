"""What a session computes on, and that one name of several processors is not enough."""

from __future__ import annotations

import platform
import subprocess

from benchmarks.harness import environment

CPUINFO = (
    "processor\t: 0\ncpu family\t: {}\nmodel\t\t: {}\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\nmodel name\t: other\n"
)


def test_generations_of_one_name_are_told_apart(tmp_path):
    (tmp_path / "proc").mkdir()
    found = []
    for family, model in ((25, 17), (26, 2)):
        (tmp_path / "proc/cpuinfo").write_text(CPUINFO.format(family, model))
        found.append(environment.cpu(tmp_path))
    assert found == ["AMD EPYC (family 25 model 17)", "AMD EPYC (family 26 model 2)"]


def test_a_record_of_another_processor_differs_and_an_older_one_by_its_name(monkeypatch):
    monkeypatch.setattr(environment, "cpu", lambda: "AMD EPYC (family 25 model 1)")

    def differs(name, device="cpu"):
        return environment.differs({"environment": {"cpu": name, "gpu": name}}, device)

    assert differs("AMD EPYC (family 25 model 1)") == differs("AMD EPYC") == []
    for other in ("AMD EPYC (family 25 model 17)", "AMD", "Another"):
        assert differs(other) == [("processor", other, "AMD EPYC (family 25 model 1)")]
    monkeypatch.setattr(environment.gpu, "facts", lambda: {"gpu": "NVIDIA H200"})
    assert differs("NVIDIA H100", "cuda") == [("GPU", "NVIDIA H100", "NVIDIA H200")]
    assert differs("NVIDIA H200", "cuda") == []


def test_a_system_that_tells_less_has_the_name_that_it_has(tmp_path):
    assert environment.cpu(tmp_path) == (platform.processor() or platform.machine())
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("model name : Some Core\n")
    assert environment.cpu(tmp_path) == "Some Core"


def test_a_tree_whose_changes_git_cannot_tell_counts_as_changed(tmp_path, monkeypatch):
    monkeypatch.delenv("ASV_COMMIT", raising=False)
    (tmp_path / "bench_core").mkdir()
    (tmp_path / "bench_core/code.py").touch()
    named = ("-c", "user.name=x", "-c", "user.email=x@y")
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "one"]):
        subprocess.run(["git", *named, *command], cwd=tmp_path, check=True)
    commit, dirty = environment.commit(tmp_path)
    assert commit
    assert not dirty
    assert environment.same_code(tmp_path, commit)
    (tmp_path / ".git/index").write_text("damaged")
    assert environment.commit(tmp_path) == (commit, True)
    assert not environment.same_code(tmp_path, commit)


def test_a_session_that_never_had_its_device_differs_from_one_that_has():
    record = {"environment": {"policy": {}}}
    assert environment.differs(record, "cpu") == [("processor", None, environment.cpu())]
