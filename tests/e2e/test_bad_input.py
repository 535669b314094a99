#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Bad links, arguments, files and disks: each gets a clear error, and nothing is lost."""

import os
import pathlib

from defiance import (LOCAL_FILE, NOT_FOUND, OK, USAGE, Broadcast, LabTestCase, cli, main,
                      make_file, start_relay, start_view)
from entities import ARTICLE, AUTHOR_KEY, NOTE, NPUB, SHARED_FILE, naddr
from lab import Lab

# An article: well-formed, but nothing that can be viewed.
FOREIGN = naddr("an-article", AUTHOR_KEY, ARTICLE)

class BadLinkTest(LabTestCase):
    @classmethod
    def make_lab(cls):
        return Lab.plain({"a": "", "b": "", "server": ""})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.relay = start_relay(cls.lab["server"])[1]

    def view(self, link, *arguments):
        return start_view(self.lab["b"], link, self.lab["b"].home / "never", *arguments, json=False)

    def test_malformed_and_foreign_links(self):
        for link in ("", "defiance:", "defiance:naddr1", "nonsense", "https://example.org/",
                     "defiance:naddr1qqqqqqqq", f"defiance:{FOREIGN}", f"nostr:{NPUB}",
                     f"defiance:{NPUB}", f"defiance:{NOTE}", "defiance:naddr1" + "q" * 6000,
                     "defiance:näddr"):
            with self.subTest(link=link[:40]):
                self.assert_fails(self.view(link), USAGE, "link", timeout=10)
                self.assertFalse((self.lab["b"].home / "never").exists())

    def test_damaged_link(self):
        source = make_file(self.lab["a"].home / "file", 1000)
        link = Broadcast(self.lab["a"], source, "--relay", self.relay).link
        damaged = link[:-3] + ("q" if link[-3] != "q" else "p") + link[-2:]
        self.assert_fails(self.view(damaged), USAGE, "link", timeout=10)

    def test_nothing_announced_under_the_link(self):
        link = "defiance:" + naddr("nothing", AUTHOR_KEY, SHARED_FILE, [self.relay])
        self.assert_fails(self.view(link), NOT_FOUND)
        link = "defiance:" + naddr("nothing", AUTHOR_KEY, SHARED_FILE)
        self.assert_fails(self.view(link, "--relay", self.relay), NOT_FOUND)

    def test_arguments(self):
        for words in ([], ["dance"], ["view"], ["broadcast"], ["view", "--no-such-option", "x"],
                      ["browse", "--relay", "not a url"], ["relay", "--listen", "nowhere:nothing"]):
            with self.subTest(words=words):
                self.assert_fails(self.lab["b"].start(cli(), *words), USAGE, timeout=10)


class BadFileTest(LabTestCase):
    @classmethod
    def make_lab(cls):
        return Lab.plain({"a": "", "b": "rate=60mbit", "server": ""})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.relay = start_relay(cls.lab["server"])[1]

    def refuse(self, path, *words, launcher=()):
        program = self.lab["a"].start(*launcher, cli(), "broadcast", path, "--relay", self.relay)
        self.assert_fails(program, LOCAL_FILE, *words)
        self.assertNotIn("naddr1", program.text())

    def test_missing(self):
        self.refuse(self.lab["a"].home / "missing.mkv", "missing.mkv")

    def test_folder(self):
        (self.lab["a"].home / "album").mkdir()
        self.refuse(self.lab["a"].home / "album", "album")

    def test_special_file(self):
        os.mkfifo(self.lab["a"].home / "pipe")
        self.refuse(self.lab["a"].home / "pipe", "pipe")
        self.refuse("/dev/zero", "zero")

    def test_unreadable(self):
        path = make_file(self.lab["a"].home / "locked.mkv", 1000)
        path.chmod(0)
        # Root reads everything unless it gives up the right to.
        self.refuse(path, "locked.mkv",
                    launcher=("setpriv", "--bounding-set", "-dac_override,-dac_read_search"))

    def test_changes_while_shared(self):
        path = make_file(self.lab["a"].home / "growing", 4_000_000, seed=1)
        broadcast = Broadcast(self.lab["a"], path, "--relay", self.relay)
        make_file(path, 4_000_000, seed=2)
        output = self.lab["b"].home / "growing"
        view = start_view(self.lab["b"], broadcast.link, output)
        broadcast.program.wait_line("changed")
        self.lab.sleep(1)
        self.assertFalse(output.exists(), "a file other than the announced one was delivered")
        view.kill()

    def test_names_in_any_script(self):
        names = ("фильм – 映画 – فيلم – סרט – 🎬.mkv", "ein Name mit  Leerzeichen.mp4",
                 "'quotes\" and $HOME `ls` %s.txt", "x" * 180 + ".bin", "e\u0301t\u00e9.ogg")
        for seed, name in enumerate(names):
            with self.subTest(name=name[:20]):
                source = make_file(self.lab["a"].home / name, 5000, seed)
                folder = self.lab["b"].home / "names"
                folder.mkdir(exist_ok=True)
                link = Broadcast(self.lab["a"], source, "--relay", self.relay).link
                view = start_view(self.lab["b"], link, None, cwd=folder)
                view.expect_exit(OK)
                got = pathlib.Path(folder, view.events("complete")[0]["path"])
                self.assertEqual(got.parent.resolve(), folder.resolve())
                self.assert_same_file(source, got)
                if not set(name) & set("\"'$`"):
                    self.assertEqual(got.name, name)

    def test_full_disk(self):
        size = 6_000_000
        source = make_file(self.lab["a"].home / "film", size)
        link = Broadcast(self.lab["a"], source, "--relay", self.relay).link
        disk = self.lab["b"].home / "disk"
        disk.mkdir()
        script = f"""
            mount -t tmpfs -o size=4m tmpfs {disk}
            {cli()} view {link} --output {disk}/film && exit 99
            echo "code $?" >&2
            mount -o remount,size=16m tmpfs {disk}
            {cli()} view {link} --output {disk}/film || exit 98
            cp {disk}/film {self.lab["b"].home}/film"""
        view = self.lab["b"].start("unshare", "-m", "sh", "-c", script, name="b/view-on-small-disk")
        view.expect_exit(0, 60)
        self.assertIn(f"code {LOCAL_FILE}", view.text())
        # How much there is, and how much it takes.
        self.assertRegex(view.text(), "4.2.MB free .* 6.0.MB")
        self.assert_same_file(source, self.lab["b"].home / "film")

    def test_disk_that_fills_up_half_way(self):
        source = make_file(self.lab["a"].home / "long", 8_000_000)
        link = Broadcast(self.lab["a"], source, "--relay", self.relay).link
        disk = self.lab["b"].home / "filling"
        disk.mkdir()
        # Room enough at first, which something else takes while the file arrives.
        script = f"""
            mount -t tmpfs -o size=10m tmpfs {disk}
            {cli()} view {link} --output {disk}/long & view=$!
            while [ ! -e {disk}/long.part ]; do sleep 0.02; done
            head -c 6000000 /dev/zero > {disk}/other
            wait $view; echo "code $?" >&2
            rm {disk}/other
            {cli()} view {link} --output {disk}/long || exit 98
            cp {disk}/long {self.lab["b"].home}/long"""
        view = self.lab["b"].start("unshare", "-m", "sh", "-c", script, name="b/view-filling-disk")
        view.expect_exit(0, 60)
        self.assertIn(f"code {LOCAL_FILE}", view.text())
        self.assert_same_file(source, self.lab["b"].home / "long")

    def test_output_that_cannot_be(self):
        source = make_file(self.lab["a"].home / "small", 1000)
        link = Broadcast(self.lab["a"], source, "--relay", self.relay).link
        taken = make_file(self.lab["b"].home / "taken", 1000, seed=9)
        for output in (taken, "/proc/nothing", self.lab["b"].home / "no" / "x"):
            with self.subTest(output=output):
                view = start_view(self.lab["b"], link, output, json=False)
                self.assert_fails(view, LOCAL_FILE)
        self.assert_same_file(taken, make_file(self.lab["b"].home / "copy", 1000, seed=9))


if __name__ == "__main__":
    main("setpriv", "unshare")
