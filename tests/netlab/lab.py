# SPDX-License-Identifier: MIT
"""Networks for end-to-end tests: hosts in network namespaces, and programs that run in them.

    with Lab.plain({"a": "rate=50mbit,delay=20ms", "b": ""}) as lab:
        server = lab["a"].start("program", "serve")
        server.wait_line("ready")
        lab["b"].run("program", "fetch", lab["a"].ipv4)
        lab.set("a", "loss=5%")

When a test fails inside the block, the tails of all programs' output are printed. In the end,
however it comes, all programs die and the namespaces are gone.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from program import Program, ProgramError

SKIPPED = 77
TURN_PORT = 3478
PROBE = pathlib.Path(__file__).with_name("probe.py")


def find_netlab():
    """The emulator, as the build system tells or where a build folder has it."""
    told = os.environ.get("NETLAB")
    built = pathlib.Path(__file__).resolve().parents[2] / "build/tests/netlab/netlab"
    return told or str(built)


def skip(reason):
    """Ends this test, which the build system counts as skipped."""
    print(f"skipped: {reason}", flush=True)
    sys.exit(SKIPPED)


class Host:
    """One network namespace, with a home folder of its own."""

    def __init__(self, lab, name, namespace, ipv4, ipv6):
        self.lab = lab
        self.name = name
        self.namespace = namespace
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.home = lab.folder / name
        self.home.mkdir()

    def environment(self, extra=None):
        """Nothing of the user's own settings reaches a program, nor of one host another's."""
        env = {key: value for key, value in os.environ.items()
               if key in ("PATH", "LANG", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "DFN_TRACE")}
        env.setdefault("LANG", "C.UTF-8")
        env.update(HOME=str(self.home), TMPDIR=str(self.home))
        for kind in ("DATA", "CONFIG", "CACHE", "STATE"):
            env[f"XDG_{kind}_HOME"] = str(self.home / kind.lower())
        env["XDG_RUNTIME_DIR"] = str(self.home)
        env.update(extra or {})
        return env

    def start(self, *argv, name=None, env=None, cwd=None):
        """A program that runs on; see Program."""
        name = name or f"{self.name}/{pathlib.Path(str(argv[0])).name}"
        program = Program(name, argv, (self.lab.netlab, "exec", self.namespace),
                          self.environment(env), cwd or self.home)
        self.lab.programs.append(program)
        return program

    def run(self, *argv, timeout=30, code=0, **options):
        """A program that has to end with this code; None: with any."""
        program = self.start(*argv, **options)
        if code is None:
            program.wait(timeout)
        else:
            program.expect_exit(code, timeout)
        return program

    def wait_for_port(self, port, address=None):
        """Waits until a program in this host accepts TCP connections."""
        self.run(sys.executable, PROBE, "connect", address or self.ipv4 or self.ipv6, str(port),
                 name=f"{self.name}/setup")

    def shell(self, script):
        """Settles the namespace; what is said there is of no interest unless it fails."""
        self.run("sh", "-ec", script, name=f"{self.name}/setup")


class Lab:
    """A network. Make one with plain(), lan(), nat(), turn() or veth(), in a with statement."""

    def __init__(self, hosts, build=None, options=()):
        self.netlab = find_netlab()
        self.programs = []
        self.hosts = {}
        self._specs = hosts
        self._build = build
        self._options = options
        self._answered = 0

    def __getitem__(self, name):
        return self.hosts[name]

    # Topologies ------------------------------------------------------------------------------

    @classmethod
    def plain(cls, links, options=()):
        """Hosts on the Internet, each with an access link: {name: settings}; see netlab --help."""
        return cls(links, options=options)

    @classmethod
    def veth(cls):
        """Hosts a and b on one cable without a limit, and without the emulator."""
        def build(lab):
            lab.add_veth("a", "eth0", "198.18.0.1/24", "b", "eth0", "198.18.0.2/24")
        return cls({"a": "bare=1", "b": "bare=1"}, build)

    @classmethod
    def lan(cls, names):
        """Hosts on one switch with nothing else: no server, no way out, but multicast."""
        def build(lab):
            lab["switch"].shell("ip link add br0 type bridge mcast_snooping 0; ip link set br0 up")
            for number, name in enumerate(names, 1):
                lab.add_veth(name, "eth0", f"192.168.77.{number}/24", "switch", f"port{number}")
                lab[name].shell("ip route add 224.0.0.0/4 dev eth0")
                lab["switch"].shell(f"ip link set port{number} master br0")
        return cls({name: "bare=1" for name in [*names, "switch"]}, build)

    @classmethod
    def nat(cls, symmetric=False, links=None, options=()):
        """a and b, each behind a router of its own that translates addresses; "server" is public.

        The access links (links["a"], links["b"], links["server"]) belong to the routers. A
        symmetric router gives each destination another port, so that no peer can predict it.
        """
        links = links or {}

        def build(lab):
            lab.add_router("a", "router-a", 2, symmetric)
            lab.add_router("b", "router-b", 3, symmetric)
        return cls({"a": "bare=1", "b": "bare=1", "router-a": links.get("a", ""),
                    "router-b": links.get("b", ""), "server": links.get("server", "")},
                   build, options)

    @classmethod
    def turn(cls, links=None, options=()):
        """a, b and "server" on the Internet; a and b get nothing from each other directly."""
        links = links or {}

        def build(lab):
            lab.forbid_direct("a", "b")
            lab.forbid_direct("b", "a")
        return cls({name: links.get(name, "") for name in ("a", "b", "server")}, build, options)

    # Building blocks -------------------------------------------------------------------------

    def add_veth(self, name, interface, address, other, other_interface, other_address=None):
        """A cable between two hosts, with an address at one or both ends."""
        self[name].shell(
            f"ip link add {interface} type veth peer name {other_interface} "
            f"netns {self[other].namespace}; ip addr add {address} dev {interface}; "
            f"ip link set {interface} up")
        self[name].ipv4 = address.split("/")[0]
        script = f"ip link set {other_interface} up"
        if other_address:
            script += f"; ip addr add {other_address} dev {other_interface}"
            self[other].ipv4 = self[other].ipv4 or other_address.split("/")[0]
        self[other].shell(script)

    def add_router(self, name, router, number, symmetric):
        """Puts a host behind a router as people have at home.

        What comes from outside unasked is dropped, not refused: an answer from the router itself
        would take the port that the host is about to use (RFC 4787 sections 4 and 5).
        """
        self.add_veth(name, "eth0", f"192.168.1.{number}/24", router, "lan0", "192.168.1.1/24")
        self[name].shell("ip route add default via 192.168.1.1")
        self.load_rules(router, f"""
            table ip home {{
              chain out {{
                type nat hook postrouting priority srcnat;
                oifname "eth0" masquerade {"fully-random" if symmetric else ""}
              }}
              chain in {{
                type filter hook input priority filter; policy drop;
                iifname != "eth0" accept
                ct state established,related accept
              }}
              chain through {{
                type filter hook forward priority filter; policy drop;
                iifname "lan0" accept
                ct state established,related accept
              }}
            }}""")
        self[router].shell("echo 1 > /proc/sys/net/ipv4/ip_forward")

    def forbid_direct(self, name, other):
        """What comes from the other host is lost."""
        self.load_rules(name, f"""
            table inet apart {{
              chain in {{
                type filter hook input priority filter;
                ip saddr {self[other].ipv4} drop
                ip6 saddr {self[other].ipv6} drop
              }}
            }}""")

    def forbid_all_but(self, name, others):
        """What comes from any host but these is lost."""
        chosen = [self[other] for other in others]
        allowed = [f"{family} saddr {{ {', '.join(addresses)} }} accept"
                   for family, addresses in (("ip", [h.ipv4 for h in chosen if h.ipv4]),
                                             ("ip6", [h.ipv6 for h in chosen if h.ipv6]))
                   if addresses]
        self.load_rules(name, f"""
            table inet apart {{
              chain in {{
                type filter hook input priority filter; policy drop;
                iifname "lo" accept
                {chr(10).join(allowed)}
              }}
            }}""")

    def load_rules(self, name, rules):
        """Packet filter rules for a host, in the language of nft."""
        path = self[name].home / "rules.nft"
        path.write_text(rules, encoding="utf-8")
        self[name].run(shutil.which("nft") or "/usr/sbin/nft", "-f", path, name=f"{name}/nft")

    def start_turn_server(self, name="server", user="defiance", password="lab-password"):
        """A STUN and TURN server: (Program, "HOST:PORT", "turn:USER:PASSWORD@HOST:PORT")."""
        host = self[name]
        path = host.home / "turnserver.conf"
        path.write_text("\n".join([
            f"listening-ip={host.ipv4}", f"relay-ip={host.ipv4}", f"listening-port={TURN_PORT}",
            "lt-cred-mech", f"user={user}:{password}", "realm=lab", "fingerprint", "no-tls",
            "no-dtls", "no-cli", "no-multicast-peers", "log-file=stdout", "simple-log",
            f"pidfile={host.home}/turnserver.pid", f"userdb={host.home}/turnserver.db", ""]),
            encoding="utf-8")
        path.chmod(0o600)
        server = host.start("turnserver", "-c", path, name=f"{name}/turnserver")
        address = f"{host.ipv4}:{TURN_PORT}"
        host.run(sys.executable, PROBE, "stun", host.ipv4, str(TURN_PORT), name=f"{name}/setup")
        return server, address, f"turn:{user}:{password}@{address}"

    # Running ---------------------------------------------------------------------------------

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="defiance-lab-"))
        self._old_handler = signal.signal(signal.SIGTERM, _on_terminate)
        try:
            specs = [f"{name}:{settings}" if settings else name
                     for name, settings in self._specs.items()]
            self._emulator = Program("netlab", [self.netlab, *self._options, *specs],
                                     stdin=subprocess.PIPE)
            ready = self._answer(("ready",))
            for host in ready["hosts"]:
                self.hosts[host["name"]] = Host(self, host["name"], host["namespace"],
                                                host["ipv4"], host["ipv6"])
            if self._build:
                self._build(self)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, error, trace):
        emulator = getattr(self, "_emulator", None)
        if kind is not None and kind is not KeyboardInterrupt:
            self.report()
        for program in reversed(self.programs):
            program.kill()
        if emulator:
            emulator.process.stdin.close()
            emulator.kill()
        signal.signal(signal.SIGTERM, self._old_handler)
        shutil.rmtree(self.folder, ignore_errors=True)

    def report(self, start=0):
        """Prints what programs said last: those from number start on, and all that still run."""
        shown = [p for number, p in enumerate(self.programs)
                 if (number >= start or p.running) and not (
                     p.name.endswith("/setup") and p.code == 0)]
        for program in [*shown, *([self._emulator] if hasattr(self, "_emulator") else [])]:
            print(program.tail(), file=sys.stderr)
        sys.stderr.flush()

    def keep_output(self, folder):
        """Writes what every program printed so far to a file of its own in a new folder."""
        os.mkdir(folder)
        for number, program in enumerate(self.programs):
            path = pathlib.Path(folder) / f"{number}-{program.name.replace('/', '-')}"
            path.write_text("".join(f"{line.seconds:9.3f} {line.text}\n"
                                    for line in list(program.lines)), encoding="utf-8")

    def _answer(self, events):
        def matches(line):
            value = line.json()
            return value if value and value.get("event") in events else None
        value, self._answered = self._emulator.wait_for(
            matches, f"an answer {events}", 20, self._answered)
        return value

    def _command(self, line, events):
        self._emulator.process.stdin.write(line.encode() + b"\n")
        self._emulator.process.stdin.flush()
        answer = self._answer((*events, "error"))
        if answer["event"] == "error":
            raise ProgramError(f"netlab: {line}: {answer['message']}")
        return answer

    def set(self, name, settings):
        """Changes a host's links at once, e.g. "rate=0" or "delay.up=200ms,loss=1%"."""
        self._command(f"set {name} {settings}", ("ok",))

    def stats(self):
        """What the links have carried so far: {host: {"up": counters, "down": counters}}."""
        return {host["name"]: host for host in self._command("stats", ("stats",))["hosts"]}

    @property
    def emulator_pid(self):
        """The process that plays the links, whose work competes with that of the programs."""
        return self._emulator.pid

    def sleep(self, seconds):
        """Lets time pass in the network."""
        time.sleep(seconds)

    @staticmethod
    def skip_unless_possible(*programs):
        """Skips the test where namespaces are not permitted or a program is not there.

        An ordinary user gets root's rights over a user namespace of its own, if the system allows.
        """
        if os.geteuid() != 0 and "DFN_LAB_USER_NAMESPACE" not in os.environ:
            os.environ["DFN_LAB_USER_NAMESPACE"] = "1"
            if subprocess.run(["unshare", "-Urnm", "true"], capture_output=True).returncode != 0:
                skip("neither root nor user namespaces")
            os.execvp("unshare", ["unshare", "-Urnm", sys.executable, *sys.argv])
        for program in ("ip", *programs):
            if shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
                skip(f"{program} is not installed")
        trial = subprocess.run([find_netlab(), "a"], stdin=subprocess.DEVNULL, capture_output=True,
                               text=True, check=False)
        if trial.returncode != 0:
            skip(trial.stderr.strip())


def _on_terminate(number, frame):
    raise SystemExit("ended by the test runner")


__all__ = ["Host", "Lab", "Program", "ProgramError", "find_netlab", "json", "skip"]
