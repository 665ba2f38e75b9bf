"""Set up photoorg on a machine that has only Python, and start it.

    python3 packaging/bootstrap.py run [FOLDER] [more arguments for photoorg]
    python3 packaging/bootstrap.py test [arguments for pytest; all tests without]
    python3 packaging/bootstrap.py packages

`run` opens the app and `test` runs its tests; the first time, either makes a virtual environment
and installs photoorg and what it needs into it, later it only starts. `packages` prints the
system packages that this machine lacks, for scripts that install them.

The environment is the folder .venv of the project, or the one that PHOTOORG_VENV names. A stamp in
it says what it was made for. The stamp is written last, so an installation that was interrupted is
mended by the next start.

Nothing but the standard library is used here. Python 3.6 must be able to read this file, to be
told that it is too old: hence the quoted annotations.
"""

import ctypes
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import NamedTuple

OLDEST_PYTHON = (3, 11)
EDITION = "1"  # another number makes every environment be installed anew
ROOT = Path(__file__).resolve().parent.parent

# torch and torchvision are built for each other, and a pair that does not fit fails only when it
# is used. Where they are left to pip, torchvision's own requirement picks its torch.
TESTED_PAIRS = {
    ("Linux", "x86_64"): ("torch==2.14.1", "torchvision==0.29.1"),
    ("Linux", "aarch64"): ("torch==2.9.1", "torchvision==0.24.1"),
}

GIGABYTE = 1_000_000_000
CUDA_BUILD_BYTES = 7 * GIGABYTE  # torch for x86_64 Linux brings the CUDA libraries along
CPU_BUILD_BYTES = 3 * GIGABYTE
# Each process takes up to 2 GB. The tests of a file stay together: what they share is made once.
WHOLE_SUITE = ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile"]

CHECK = """
import PySide6.QtWidgets, cv2, hnswlib, openvino, torch, torchvision
torchvision.ops.nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([1.0]), 0.5)
"""


class Problem(Exception):
    """What stands in the way, in words for a person, and the command that mends it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Package(NamedTuple):
    """Something that the operating system must provide, by its name in each package manager."""

    what: str
    apt: str
    rpm: str
    pacman: str


MANAGERS = {  # program: (what installs, field of Package)
    "apt-get": ("apt install", "apt"),
    "dnf": ("dnf install", "rpm"),
    "zypper": ("zypper install", "rpm"),
    "pacman": ("pacman -S", "pacman"),
}

QT_LIBRARIES = (  # file, Qt platform plugin that needs it ("" for all), Debian's and Arch's package
    ("libEGL.so.1", "", "libegl1", "libglvnd"),
    ("libGL.so.1", "", "libgl1", "libglvnd"),
    ("libX11.so.6", "", "libx11-6", "libx11"),
    ("libdbus-1.so.3", "", "libdbus-1-3", "dbus"),
    ("libfontconfig.so.1", "", "libfontconfig1", "fontconfig"),
    ("libglib-2.0.so.0", "", "libglib2.0-0", "glib2"),
    ("libxkbcommon.so.0", "", "libxkbcommon0", "libxkbcommon"),
    ("libX11-xcb.so.1", "xcb", "libx11-xcb1", "libx11"),
    ("libxcb-cursor.so.0", "xcb", "libxcb-cursor0", "xcb-util-cursor"),
    ("libxcb-icccm.so.4", "xcb", "libxcb-icccm4", "xcb-util-wm"),
    ("libxcb-image.so.0", "xcb", "libxcb-image0", "xcb-util-image"),
    ("libxcb-keysyms.so.1", "xcb", "libxcb-keysyms1", "xcb-util-keysyms"),
    ("libxcb-randr.so.0", "xcb", "libxcb-randr0", "libxcb"),
    ("libxcb-render-util.so.0", "xcb", "libxcb-render-util0", "xcb-util-renderutil"),
    ("libxcb-shape.so.0", "xcb", "libxcb-shape0", "libxcb"),
    ("libxcb-xkb.so.1", "xcb", "libxcb-xkb1", "libxcb"),
    ("libxkbcommon-x11.so.0", "xcb", "libxkbcommon-x11-0", "libxkbcommon-x11"),
    ("libwayland-cursor.so.0", "wayland", "libwayland-cursor0", "wayland"),
    ("libwayland-egl.so.1", "wayland", "libwayland-egl1", "wayland"),
)


def ask(*command: str) -> "tuple[int, str]":
    """Run a program; return its exit code and all that it wrote."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False
    )
    return done.returncode, done.stdout.strip()


# -- what this machine lacks --------------------------------------------------------------------


def qt_plugin() -> str:
    """Return the platform plugin that Qt will show the window with, or "" where none can."""
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if chosen:
        return re.split("[:;]", chosen)[0]
    if os.environ.get("DISPLAY"):
        return "xcb"
    return "wayland" if os.environ.get("WAYLAND_DISPLAY") else ""


def missing_libraries(plugin: str) -> "list[Package]":
    """Return the libraries that Qt cannot load here; only on Linux do they not come with it."""
    if sys.platform != "linux":
        return []
    missing = []
    for name, user, apt, pacman in QT_LIBRARIES:
        if user in ("", plugin):
            try:
                ctypes.CDLL(name)
            except OSError:
                # dnf and zypper find a package by what is in it, which holds in every release.
                missing.append(Package(name, apt, name + "()(64bit)", pacman))
    return missing


def missing_build_tools(site_packages: Path) -> "list[Package]":
    """Return what keeps this machine from making an environment.

    hnswlib is published as source, so it takes a C++ compiler and Python's headers, unless it is
    installed already or pip finds a wheel of it.
    """
    release = "python{}.{}".format(*sys.version_info[:2])
    missing = []
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        missing.append(Package("Python's venv module", release + "-venv", "python3", "python"))
    compiler = []
    if not any(shutil.which(name) for name in ("c++", "g++", "clang++")):
        compiler.append(Package("a C++ compiler", "g++", "gcc-c++", "gcc"))
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        compiler.append(Package("Python's headers", release + "-dev", "python3-devel", "python"))
    if os.name == "nt" or not compiler or any(site_packages.glob("hnswlib-*.dist-info")):
        return missing  # Windows hides its compiler; `explain` words the failure to find it
    return missing if pip_finds_wheel("hnswlib") else missing + compiler


def pip_finds_wheel(name: str) -> bool:
    """Return whether pip can get a package without building it."""
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    with tempfile.TemporaryDirectory() as folder:
        return ask(*pip, "--dest", folder, name)[0] == 0


def demand(packages: "list[Package]") -> None:
    """Raise Problem with the one command that installs all of these, where there are any."""
    if packages:
        lacking = "This machine lacks " + ", ".join(package.what for package in packages) + "."
        raise Problem(lacking, install_command(packages))


def install_command(packages: "list[Package]") -> str:
    """Return what a person types to install system packages."""
    if sys.platform == "darwin":
        return "xcode-select --install"
    for program, (install, _) in MANAGERS.items():
        if shutil.which(program):
            sudo = "" if os.geteuid() == 0 else "sudo "
            return " ".join([sudo + install, *package_names(packages)])
    return "Install them with your system's package manager."


def package_names(packages: "list[Package]") -> "list[str]":
    """Return what this machine's package manager calls these packages, quoted for a shell."""
    fields = [field for program, (_, field) in MANAGERS.items() if shutil.which(program)]
    found = {getattr(package, fields[0] if fields else "what") for package in packages}
    return sorted(f"'{name}'" if "(" in name else name for name in found)


def demand_python() -> None:
    """Raise Problem where this Python is too old, naming a newer one where there is one."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    message = "photoorg needs Python {}.{} or newer; this is {}.{}."
    for minor in range(20, OLDEST_PYTHON[1] - 1, -1):
        newer = f"python3.{minor}"
        if shutil.which(newer):
            remedy = " ".join([newer, *sys.argv])
            break
    else:
        install = {"darwin": "brew install python", "win32": "winget install Python.Python.3.13"}
        python = Package("Python 3.11", "python3.11", "python3.11", "python")
        remedy = install.get(sys.platform) or install_command([python])
    raise Problem(message.format(*OLDEST_PYTHON, *sys.version_info[:2]), remedy)


def demand_display() -> None:
    """Raise Problem where a window could not be shown."""
    if sys.platform == "linux" and not qt_plugin():
        script = f"python3 {sys.argv[0]}"
        raise Problem(
            "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set, so no window can "
            "open. Run this in a desktop session, or for a trial in a virtual one (package xvfb):",
            f"xvfb-run {script} run FOLDER\n"
            f"QT_QPA_PLATFORM=offscreen {script} run FOLDER   (nothing is shown)\n"
            f"{script} run --help   (commands that need no window)",
        )


def demand_space(environment: Path) -> None:
    """Raise Problem where the environment and the downloads it is made from do not fit."""
    cuda = sys.platform == "linux" and platform.machine() == "x86_64"
    size = CUDA_BUILD_BYTES if cuda else CPU_BUILD_BYTES
    parent = next(folder for folder in environment.parents if folder.exists())
    wanted = {}  # type: dict[int, tuple[Path, int]]
    for folder, share in ((parent, size), (Path(tempfile.gettempdir()), size // 2)):
        drive = folder.stat().st_dev
        wanted[drive] = (folder, wanted.get(drive, (folder, 0))[1] + share)
    for folder, needed in wanted.values():
        free = shutil.disk_usage(str(folder)).free
        if free < needed:
            raise Problem(
                f"Installing takes some {needed / GIGABYTE:.1f} GB on the drive of {folder}, "
                f"where {free / GIGABYTE:.1f} GB are free.",
                "Make room, or name a folder on another drive in PHOTOORG_VENV (the environment) "
                "and TMPDIR (downloads).",
            )


# -- the environment ----------------------------------------------------------------------------


def tested_pair() -> "tuple[str, ...]":
    """Return the releases of torch and torchvision proven to fit on this machine, if any."""
    return TESTED_PAIRS.get((platform.system(), platform.machine()), ())


class Environment:
    """The virtual environment that photoorg lives in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stamp = folder / "photoorg-stamp"
        self.log = folder / "photoorg-install.log"
        if os.name == "nt":
            self.python = folder / "Scripts" / "python.exe"
            self.site_packages = folder / "Lib" / "site-packages"
        else:
            release = "python{}.{}".format(*sys.version_info[:2])
            self.python = folder / "bin" / "python"
            self.site_packages = folder / "lib" / release / "site-packages"
        self.pip = (str(self.python), "-m", "pip")

    def fingerprint(self) -> str:
        """Return a digest of all that an installation depends on."""
        digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes())
        for part in (EDITION, str(sys.implementation.cache_tag), str(ROOT)):
            digest.update(b"\0" + part.encode())
        return digest.hexdigest()

    def is_ready(self, extra: str) -> bool:
        """Return whether a complete installation is there; tests' tools do no harm to the app."""
        if not (self.python.exists() and self.stamp.exists()):
            return False
        fingerprint, _, installed = self.stamp.read_text().partition(" ")
        return fingerprint == self.fingerprint() and extra in ("", installed)

    def install(self, extra: str) -> None:
        """Make or mend the environment.

        Raises:
            Problem: it cannot be done; it says what to do about it.
        """
        print("Creating the environment (1 of 3)", flush=True)
        self.create()
        print(
            "Installing photoorg and what it needs (2 of 3); the first time takes some minutes",
            flush=True,
        )
        self.stamp.unlink(missing_ok=True)
        self.forget_half_installed()
        project = f"{ROOT}[{extra}]" if extra else str(ROOT)
        self.run_pip("--editable", project, *self.pinned())
        print("Checking the installation (3 of 3)", flush=True)
        self.check()
        unfinished = self.stamp.with_suffix(".new")
        unfinished.write_text(f"{self.fingerprint()} {extra}")
        unfinished.replace(self.stamp)

    def create(self) -> None:
        """Make the virtual environment, unless a usable one is there."""
        if self.is_usable():
            return
        folder = self.folder
        if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
            raise Problem(
                f"{folder} is in the way: it holds something else than a virtual environment.",
                "Move it away, or name an empty folder in PHOTOORG_VENV.",
            )
        demand_space(folder)
        code, said = ask(sys.executable, "-m", "venv", "--clear", str(folder))
        if code:
            raise Problem(f"Python cannot make an environment in {folder}:\n{said}")
        # The pip that comes with Python may be too old to tell its progress; it works all the same.
        ask(*self.pip, "install", "--upgrade", "pip")

    def is_usable(self) -> bool:
        """Return whether the environment's Python runs, is of this release and has pip."""
        if not self.python.exists():
            return False
        probe = "import pip, sys; print(sys.implementation.cache_tag)"
        return ask(str(self.python), "-c", probe) == (0, sys.implementation.cache_tag)

    def forget_half_installed(self) -> None:
        """Remove the marks of packages that pip was stopped in the middle of, so it starts over.

        pip writes RECORD last, but takes a package without it for installed.
        """
        for mark in self.site_packages.glob("*.dist-info"):
            if not (mark / "RECORD").exists():
                shutil.rmtree(str(mark))

    def pinned(self) -> "tuple[str, ...]":
        """Return the pair of torch and torchvision to ask for; one that is there stays."""
        if any(self.site_packages.glob("torch-*.dist-info")):
            return ()
        return tested_pair()

    def run_pip(self, *requirements: str) -> None:
        """Install with pip, showing how far it is; all that it says goes to the log."""
        command = [*self.pip, "install", "--no-input", "--disable-pip-version-check"]
        if re.search(r"\braw\b", ask(*self.pip, "install", "--help")[1]):
            command.append("--progress-bar=raw")
        running = subprocess.Popen(
            [*command, *requirements],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        status = StatusLine()
        with running, self.log.open("w", encoding="utf-8") as log:
            for line in running.stdout or ():
                log.write(line)
                status.show(line.strip())
        status.clear()
        if running.returncode:
            raise explain(self.log)

    def check(self) -> None:
        """Import what is compiled, and use torchvision together with torch."""
        code, said = ask(str(self.python), "-c", CHECK)
        if code:
            reason = (said.splitlines() or ["it ended at once"])[-1]
            pair = " ".join(tested_pair() or ("torch", "torchvision"))
            raise Problem(
                f"What was installed does not work here: {reason}",
                "Where this is about torch, put a pair that fits in its place:\n"
                f"{' '.join(self.pip)} install --force-reinstall {pair}",
            )


# -- telling ------------------------------------------------------------------------------------


class StatusLine:
    """What pip does, in one line written over and over; off a terminal, in a line for each step."""

    STEPS = (
        (re.compile(r"Downloading (?:\S*/)?([\w.]+)-\S+(?<!metadata) (.*)"), "Downloading {} {}"),
        (re.compile(r"Building (?:wheel|editable) for (\S+) .*started"), "Building {}"),
        (re.compile(r"Collecting ([A-Za-z0-9_.-]+)"), "Looking up {}"),
        (re.compile(r"Installing collected packages"), "Unpacking, which takes a while"),
    )
    PROGRESS = re.compile(r"Progress (\d+) of (\d+)")

    def __init__(self) -> None:
        self.live = sys.stdout.isatty()
        self.step = ""

    def show(self, line: str) -> None:
        """Take in a line that pip wrote."""
        progress = self.PROGRESS.match(line)
        if progress and self.live and int(progress.group(2)):
            self.write(f"{self.step}: {100 * int(progress.group(1)) // int(progress.group(2))} %")
        for pattern, wording in self.STEPS:
            match = pattern.match(line)
            if match:
                self.step = wording.format(*match.groups())
                self.write(self.step)

    def write(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        if self.live:
            print("\r" + ("  " + text)[:width].ljust(width), end="", flush=True)
        elif not text.startswith("Looking up"):
            print("  " + text, flush=True)

    def clear(self) -> None:
        if self.live:
            self.write("")
            print("\r", end="", flush=True)


def explain(log: Path) -> Problem:
    """Return what a failed installation comes down to."""
    text = log.read_text(encoding="utf-8")
    if "No space left on device" in text:
        return Problem("The disk is full.", "Make room, then give the same command again.")
    if re.search(r"Microsoft Visual C\+\+ .* is required", text):
        return Problem(
            "hnswlib is published as source, and there is no C++ compiler.",
            "winget install Microsoft.VisualStudio.2022.BuildTools "
            '--override "--add Microsoft.VisualStudio.Workload.VCTools --includeRecommended"',
        )
    if re.search(r"NewConnectionError|ConnectTimeout|ReadTimeout|Name or service not known", text):
        return Problem(
            "The package index cannot be reached.",
            "Check the network connection, then give the same command again.",
        )
    tail = "\n".join("    " + line for line in text.splitlines()[-12:])
    return Problem(f"pip could not install what is needed:\n{tail}", f"All it said is in {log}")


# -- starting -----------------------------------------------------------------------------------


def opens_window(arguments: "list[str]") -> bool:
    """Return whether photoorg will open its window rather than carry out a command."""
    return not arguments or arguments[0] == "--catalog" or Path(arguments[0]).is_dir()


def prepare(environment: Environment, extra: str, plugin: str) -> None:
    """See to it that photoorg can start, asking for all that is missing at once."""
    missing = missing_libraries(plugin)
    ready = environment.is_ready(extra)
    demand(missing if ready else missing + missing_build_tools(environment.site_packages))
    if not ready:
        environment.install(extra)


def start(environment: Environment, module: str, arguments: "list[str]") -> int:
    """Become a module's process; -P keeps what lies in the current folder from being imported."""
    command = [str(environment.python), "-P", "-m", module, *arguments]
    if os.name == "posix":
        sys.stdout.flush()
        os.execv(command[0], command)
    return subprocess.call(command)


def main(arguments: "list[str]") -> int:
    """Carry out one command; return the exit code."""
    demand_python()
    command, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    environment = Environment(Path(os.environ.get("PHOTOORG_VENV") or ROOT / ".venv").absolute())
    if command == "run":
        if opens_window(rest):
            demand_display()
        prepare(environment, "", qt_plugin() if opens_window(rest) else "offscreen")
        return start(environment, "photoorg", rest)
    if command == "test":
        prepare(environment, "dev", "offscreen")
        os.chdir(str(ROOT))
        return start(environment, "pytest", rest or WHOLE_SUITE)
    if command == "packages":
        missing = missing_libraries("offscreen") + missing_build_tools(environment.site_packages)
        print(*package_names(missing))
        return 0
    print(__doc__.strip())
    return 0 if command in ("-h", "--help") else 2


def run() -> int:
    """Carry out the command line; word what goes wrong."""
    try:
        return main(sys.argv[1:])
    except Problem as problem:
        print(f"\n{problem.message}", file=sys.stderr)
        for line in problem.remedy.splitlines():
            print("    " + line, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the same command goes on where it was.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(run())
