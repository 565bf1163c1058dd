// SPDX-License-Identifier: MIT

package repo

import (
	"bytes"
	"compress/bzip2"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slackbond/slackbond/pkgtools"
)

var aDay = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// pack writes a package with a file of the given text.
func pack(t *testing.T, file, text string, extra ...pkgtools.Entry) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	n, err := pkgtools.ParseName(file)
	if err != nil {
		t.Fatal(err)
	}
	desc := pkgtools.SlackDesc{Name: n.Name, Short: "it <does> something", Text: []string{"More of it & more."}}.String()
	entries := []pkgtools.Entry{dir("."), dir("usr"), dir("install"), plain("usr/"+n.Name, text), plain("install/slack-desc", desc)}
	err = pkgtools.Write(context.Background(), file, append(entries, extra...), pkgtools.WriteOptions{Links: true, Epoch: aDay})
	if err != nil {
		t.Fatal(err)
	}
}

func dir(p string) pkgtools.Entry {
	return pkgtools.Entry{Path: p, Mode: fs.ModeDir | 0o755, User: "root", Group: "root", ModTime: aDay}
}

func plain(p, text string) pkgtools.Entry {
	return pkgtools.Entry{Path: p, Mode: 0o644, User: "root", Group: "root", ModTime: aDay, Size: int64(len(text)), Open: pkgtools.Bytes([]byte(text))}
}

func update(t *testing.T, root string, o Options) *Report {
	t.Helper()
	o.Time = aDay
	report, err := Update(context.Background(), root, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func text(t *testing.T, parts ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// repository is a directory with two packages, brought up to date.
func repositoryOf(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	pack(t, root+"/network/thing-1.0-x86_64-1_SBo.txz", "one", plain("install/slack-required", "glibc >= 2.33\n# nothing\nopenssl\n"))
	pack(t, root+"/misc/other-2.0-noarch-3.tgz", "two")
	update(t, root, Options{Title: "Test & more"})
	return root
}

// slapt-get takes PACKAGES.TXT apart with these, in this order.
var slapt = regexp.MustCompile(`(?m)^PACKAGE NAME:  (\S+\.t[blxg]z)\n` +
	`PACKAGE LOCATION:  (\./\S+)\n` +
	`PACKAGE SIZE \(compressed\):  (\d+) K\n` +
	`PACKAGE SIZE \(uncompressed\):  (\d+) K\n` +
	`(?:PACKAGE REQUIRED:  (.+)\n)?` +
	`PACKAGE MD5SUM:  ([0-9a-f]{32})\n` +
	`PACKAGE DESCRIPTION:\n((?:\S.*\n)+)\n`)

func TestPackagesTxt(t *testing.T) {
	root := repositoryOf(t)
	list := text(t, root, "PACKAGES.TXT")
	if !strings.HasPrefix(list, "PACKAGES.TXT;  Fri Jan  2 03:04:05 UTC 2026\n\n") {
		t.Errorf("begins %q", list[:60])
	}
	found := slapt.FindAllStringSubmatch(list, -1)
	if len(found) != 2 {
		t.Fatalf("slapt-get would find %d packages in\n%s", len(found), list)
	}
	got := [][]string{found[0][1:3], found[1][1:3], {found[1][5]}}
	want := [][]string{{"other-2.0-noarch-3.tgz", "./misc"}, {"thing-1.0-x86_64-1_SBo.txz", "./network"}, {"glibc >= 2.33,openssl"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if lines := strings.Count(found[0][7], "other:"); lines != 11 {
		t.Errorf("%d lines of description", lines)
	}
}

func TestChecksums(t *testing.T) {
	root := repositoryOf(t)
	sums := text(t, root, "CHECKSUMS.md5")
	if lines := strings.Split(sums, "\n"); !strings.HasPrefix(lines[11], "MD5 message digest") {
		t.Errorf("line 12 is %q", lines[11])
	}
	if !regexp.MustCompile(`(?m)^[0-9a-f]{32}  \./network/thing-1\.0-x86_64-1_SBo\.txz$`).MatchString(sums) {
		t.Errorf("no sum of the package in\n%s", sums)
	}
	cmd := exec.Command("sh", "-c", "tail -n +13 CHECKSUMS.md5 | md5sum --check --quiet")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestManifest(t *testing.T) {
	if _, err := exec.LookPath("bzip2"); err != nil {
		t.Skip("bzip2 is not installed")
	}
	root := repositoryOf(t)
	data, err := io.ReadAll(bzip2.NewReader(strings.NewReader(text(t, root, "MANIFEST.bz2"))))
	if err != nil {
		t.Fatal(err)
	}
	want := "++========================================\n||\n||   Package:  ./misc/other-2.0-noarch-3.tgz\n||\n++========================================\n" +
		"drwxr-xr-x root/root         0 2026-01-02 03:04 ./\n"
	if !bytes.HasPrefix(data, []byte(want)) {
		t.Errorf("begins\n%.400s", data)
	}
	if !bytes.Contains(data, []byte("\n-rw-r--r-- root/root         3 2026-01-02 03:04 usr/thing\n\n\n")) {
		t.Errorf("no usr/thing, or not two blank lines after it, in\n%s", data)
	}
}

func TestFileList(t *testing.T) {
	first, _, _ := strings.Cut(text(t, repositoryOf(t), "FILELIST.TXT"), "\n")
	if first != "Fri Jan  2 03:04:05 UTC 2026" {
		t.Errorf("the first line is no date: %q", first)
	}
}

// all reads every file of the repository.
func all(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[p] = text(t, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSecondRunChangesNothing(t *testing.T) {
	root := repositoryOf(t)
	before := all(t, root)
	// A run that was killed leaves such files.
	for _, name := range []string{".CHECKSUMS.md5.asc12345", ".GPG-KEY1", "misc/.other-2.0-noarch-3.html98765"} {
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	report, err := Update(context.Background(), root, Options{Title: "Test & more", Time: aDay.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if report.Read != 0 || len(report.Changes) != 0 {
		t.Errorf("read %d, changes %q", report.Read, report.Changes)
	}
	if d := cmp.Diff(before, all(t, root)); d != "" {
		t.Error(d)
	}
}

func TestChanges(t *testing.T) {
	root := repositoryOf(t)
	if err := os.Remove(root + "/network/thing-1.0-x86_64-1_SBo.txz"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(root + "/misc/other-2.0-noarch-3.tgz"); err != nil {
		t.Fatal(err)
	}
	pack(t, root+"/network/thing-1.1-x86_64-1_SBo.txz", "newer")
	pack(t, root+"/misc/third-1-noarch-1.txz", "third")
	report := update(t, root, Options{})
	want := []string{"misc/third-1-noarch-1.txz: Added.", "network/thing-1.1-x86_64-1_SBo.txz: Upgraded.", "misc/other-2.0-noarch-3.tgz: Removed."}
	if d := cmp.Diff(want, report.Changes); d != "" {
		t.Error(d)
	}
	log := text(t, root, "ChangeLog.txt")
	if strings.Count(log, "+--------------------------+\n") != 2 || strings.Index(log, "Upgraded") > strings.Index(log, "Added.\nnetwork/thing-1.0") {
		t.Errorf("ChangeLog.txt:\n%s", log)
	}
	for _, gone := range []string{"misc/other-2.0-noarch-3.txt", "misc/other-2.0-noarch-3.html", "misc/other-2.0-noarch-3.tgz.md5"} {
		if _, err := os.Stat(filepath.Join(root, gone)); err == nil {
			t.Errorf("%s is still there", gone)
		}
	}
}

func TestRefusals(t *testing.T) {
	for name, make := range map[string]func(root string) error{
		"no package":    func(string) error { return nil },
		"no name":       func(root string) error { return os.WriteFile(root+"/thing.txz", nil, 0o644) },
		"not a package": func(root string) error { return os.WriteFile(root+"/thing-1-x-1.txz", []byte("x"), 0o644) },
	} {
		root := t.TempDir()
		if err := make(root); err != nil {
			t.Fatal(err)
		}
		if _, err := Update(context.Background(), root, Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := os.Stat(root + "/PACKAGES.TXT"); err == nil {
			t.Errorf("%s: PACKAGES.TXT was written", name)
		}
	}
}

// gpgKeys makes a key for each name and returns a function that verifies.
func gpgKeys(t *testing.T, names ...string) (verify func(file string) error) {
	t.Helper()
	if _, err := exec.LookPath("gpg"); err != nil {
		t.Skip("gpg is not installed")
	}
	home, err := os.MkdirTemp("", "g") // short: it holds a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() // else it stays behind
		os.RemoveAll(home)
	})
	t.Setenv("GNUPGHOME", home)
	run := func(args ...string) error {
		if out, err := exec.Command("gpg", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("gpg %v: %w\n%s", args, err, out)
		}
		return nil
	}
	for _, name := range names {
		if err := run("--batch", "--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "never"); err != nil {
			t.Fatal(err)
		}
	}
	return func(file string) error { return run("--verify", file+".asc", file) }
}

var signedFiles = []string{"CHECKSUMS.md5", "CHECKSUMS.md5.gz", "network/thing-1.0-x86_64-1_SBo.txz"}

func TestSigned(t *testing.T) {
	verify := gpgKeys(t, "one@localhost", "two@localhost")
	root := repositoryOf(t)
	update(t, root, Options{Key: "one@localhost"})
	for _, name := range signedFiles {
		if err := verify(filepath.Join(root, name)); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(text(t, root, "GPG-KEY"), "BEGIN PGP PUBLIC KEY BLOCK") {
		t.Error("GPG-KEY is no key")
	}

	signatures := func() (all []string) {
		for _, name := range signedFiles {
			all = append(all, text(t, root, name+".asc"))
		}
		return all
	}
	first := signatures()
	update(t, root, Options{Key: "one@localhost"})
	if !slices.Equal(first, signatures()) {
		t.Error("what had not changed was signed again")
	}
	update(t, root, Options{Key: "two@localhost"})
	for i, s := range signatures() {
		if s == first[i] {
			t.Errorf("%s: the new key has not signed it", signedFiles[i])
		}
		if err := verify(filepath.Join(root, signedFiles[i])); err != nil {
			t.Error(err)
		}
	}
}

// Without a key, no signature stays that is wrong by now.
func TestSignaturesGo(t *testing.T) {
	verify := gpgKeys(t, "one@localhost")
	root := repositoryOf(t)
	update(t, root, Options{Key: "one@localhost"})
	pack(t, root+"/misc/other-2.0-noarch-3.tgz", "another text")
	report := update(t, root, Options{})
	for _, name := range []string{"CHECKSUMS.md5.asc", "CHECKSUMS.md5.gz.asc", "misc/other-2.0-noarch-3.tgz.asc"} {
		if fileExists(filepath.Join(root, name)) {
			t.Errorf("%s is still there", name)
		}
	}
	if err := verify(root + "/network/thing-1.0-x86_64-1_SBo.txz"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(strings.Join(report.Remarks, "\n"), "CHECKSUMS.md5.asc: removed") {
		t.Errorf("remarks: %q", report.Remarks)
	}
}

// A run that fails, whatever at, has changed nothing.
func TestFailedRuns(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, test := range []struct {
		name string
		ctx  context.Context
		o    Options
		make func(root string) error
		want string
	}{
		{"unknown key", context.Background(), Options{Key: "nobody@localhost"}, nil, `the key "nobody@localhost"`},
		{"interrupted", cancelled, Options{}, nil, "canceled"},
		{"locked", context.Background(), Options{}, func(root string) error {
			unlock, err := lock(root)
			if err == nil {
				t.Cleanup(unlock)
			}
			return err
		}, "another mkslack repo is at work there"},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := repositoryOf(t)
			pack(t, root+"/misc/third-1-noarch-1.txz", "third")
			if test.make != nil {
				if err := test.make(root); err != nil {
					t.Fatal(err)
				}
			}
			before := all(t, root)
			if _, err := Update(test.ctx, root, test.o); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if d := cmp.Diff(before, all(t, root)); d != "" {
				t.Error(d)
			}
		})
	}
}

// What has not changed is not read again: not even what it holds by now.
func TestUnchangedIsNotRead(t *testing.T) {
	root := repositoryOf(t)
	file := root + "/misc/other-2.0-noarch-3.tgz"
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, make([]byte, info.Size()), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if report := update(t, root, Options{}); report.Read != 0 {
		t.Errorf("read %d", report.Read)
	}
}

// A page that somebody has written stays, and a link to a package is one.
func TestOthersFiles(t *testing.T) {
	root := t.TempDir()
	pack(t, root+"/all/thing-1.0-noarch-1.txz", "one")
	if err := os.Mkdir(root+"/x", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../all/thing-1.0-noarch-1.txz", root+"/x/thing-1.0-noarch-1.txz"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(root+"/index.html", []byte("<p>Mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	report := update(t, root, Options{})
	if got := text(t, root, "index.html"); got != "<p>Mine" || !strings.Contains(strings.Join(report.Remarks, "\n"), "index.html: left as it is") {
		t.Errorf("index.html is %q, remarks %q", got, report.Remarks)
	}
	if n := len(slapt.FindAllString(text(t, root, "PACKAGES.TXT"), -1)); n != 2 {
		t.Errorf("%d packages", n)
	}
}

func TestPages(t *testing.T) {
	root := repositoryOf(t)
	pack(t, root+"/misc/third-3-noarch-1.txz", "three", plain("install/slack-required", "thing >= 1.0\nnobody\n"))
	update(t, root, Options{Title: "Test & more"})
	index := text(t, root, "index.html")
	for _, want := range []string{"Test &amp; more", "it &lt;does&gt; something", `href="network/thing-1.0-x86_64-1_SBo.html"`, "prefers-color-scheme: dark",
		"REPOPLUS=( testmore )", `<label for="search">`, "3 packages for Slackware"} {
		if !strings.Contains(index, want) {
			t.Errorf("index.html has no %q", want)
		}
	}
	pg := text(t, root, "network/thing-1.0-x86_64-1_SBo.html")
	for _, want := range []string{"/usr/thing", "glibc &gt;= 2.33, openssl", `href="../index.html"`, "More of it &amp; more."} {
		if !strings.Contains(pg, want) {
			t.Errorf("the package's page has no %q", want)
		}
	}
	third := text(t, root, "misc/third-3-noarch-1.html")
	if want := `<a href="../network/thing-1.0-x86_64-1_SBo.html">thing &gt;= 1.0</a>, nobody`; !strings.Contains(third, want) {
		t.Errorf("the third package's page has no %s", want)
	}
	for name, html := range map[string]string{"index": index, "package": pg} {
		if outside := regexp.MustCompile(`(?:src|href)="(?:https?:)?//`).FindString(html); outside != "" {
			t.Errorf("%s loads %q", name, outside)
		}
	}
}

// A browser shows the page, and its search hides what does not match.
func TestRealBrowser(t *testing.T) {
	if os.Getenv("REAL_BUILDS") == "" {
		t.Skip("REAL_BUILDS is not set: `make slackbuild` sets it")
	}
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			browser = p
		}
	}
	if browser == "" {
		t.Skip("chromium is not installed")
	}
	root := repositoryOf(t)
	profile := t.TempDir()
	chromium := func(args ...string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, browser, append([]string{"--headless", "--no-sandbox", "--disable-gpu",
			"--user-data-dir=" + profile, "--host-resolver-rules=MAP * ~NOTFOUND"}, args...)...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return string(out)
	}
	page := "file://" + root + "/index.html"
	dom := chromium("--dump-dom", page)
	if strings.Contains(dom, `<tr hidden`) || !strings.Contains(dom, `id="search"`) || strings.Contains(dom, `role="search" hidden`) {
		t.Errorf("without a search:\n%s", dom)
	}
	dom = chromium("--dump-dom", page+"#OTHER")
	if !regexp.MustCompile(`<tr hidden=""><td class="name"><a href="network/thing`).MatchString(dom) || !strings.Contains(dom, ">1 of 2<") {
		t.Errorf("#OTHER does not hide the others:\n%s", dom)
	}
	if dom = chromium("--dump-dom", page+"#nobody%20has%"); !strings.Contains(dom, ">No package has all of these words.<") {
		t.Errorf("a search for nothing:\n%s", dom)
	}
	if place := "SOURCE=<span class=\"url\">file://" + root + "/</span>:CUSTOM"; !strings.Contains(dom, place) {
		t.Errorf("no %s in\n%s", place, dom)
	}
	shot := filepath.Join(t.TempDir(), "shot.png")
	chromium("--window-size=1100,900", "--screenshot="+shot, page)
	if info, err := os.Stat(shot); err != nil || info.Size() < 5000 {
		t.Errorf("no picture of the page: %v", err)
	}
}

// One package that cannot be read keeps no other from being listed.
func TestBadPackages(t *testing.T) {
	root := repositoryOf(t)
	pack(t, root+"/misc/good-1-noarch-1.tgz", "good")
	update(t, root, Options{})
	whole := text(t, root, "misc/other-2.0-noarch-3.tgz")
	for name, data := range map[string]string{
		"misc/other-2.0-noarch-3.tgz":    whole[:len(whole)/2], // was listed before
		"misc/garbage-1-noarch-1.txz":    "garbage",
		"misc/empty-1-noarch-1.txz":      "",
		"misc/three-parts.tgz":           whole,
		"misc/bl ank-1-noarch-1.tgz":     whole,
		"network/another-1-noarch-1.txz": "\xfd7zXZ\x00garbage",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pack(t, root+"/misc/required-1-noarch-1.tgz", "x", plain("install/slack-required", strings.Repeat("a\n", maxRelations)))
	report := update(t, root, Options{})
	var bad []string
	for _, b := range report.Bad {
		bad = append(bad, b.Name)
		if !strings.Contains(b.Error(), filepath.Base(b.Name)) || strings.Contains(b.Error(), "\n") {
			t.Errorf("error %q", b.Error())
		}
	}
	want := []string{"misc/bl ank-1-noarch-1.tgz", "misc/empty-1-noarch-1.txz", "misc/garbage-1-noarch-1.txz", "misc/other-2.0-noarch-3.tgz",
		"misc/required-1-noarch-1.tgz", "misc/three-parts.tgz", "network/another-1-noarch-1.txz"}
	if d := cmp.Diff(want, bad); d != "" {
		t.Errorf("bad (-want +got):\n%s", d)
	}
	if report.Packages != 2 || report.Read != 0 {
		t.Errorf("%d packages, %d read", report.Packages, report.Read)
	}
	var listed []string
	for _, m := range slapt.FindAllStringSubmatch(text(t, root, "PACKAGES.TXT"), -1) {
		listed = append(listed, m[1])
	}
	if d := cmp.Diff([]string{"good-1-noarch-1.tgz", "thing-1.0-x86_64-1_SBo.txz"}, listed); d != "" {
		t.Errorf("PACKAGES.TXT (-want +got):\n%s", d)
	}
	for _, gone := range []string{"misc/other-2.0-noarch-3.tgz.md5", "misc/other-2.0-noarch-3.txt", "misc/other-2.0-noarch-3.html"} {
		if fileExists(filepath.Join(root, gone)) {
			t.Errorf("%s is still there", gone)
		}
	}
	cmd := exec.Command("sh", "-c", "tail -n +13 CHECKSUMS.md5 | md5sum --check --quiet")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	// It is listed again when it is whole again.
	if err := os.WriteFile(filepath.Join(root, "misc/other-2.0-noarch-3.tgz"), []byte(whole), 0o644); err != nil {
		t.Fatal(err)
	}
	if report = update(t, root, Options{}); report.Packages != 3 || !slices.Contains(report.Changes, "misc/other-2.0-noarch-3.tgz: Added.") {
		t.Errorf("%+v", report)
	}
}

// Where nothing can be read, the lists stay, and the error says why.
func TestAllBad(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a-1-noarch-1.txz", "b-1-noarch-1.tgz"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte("garbage"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Update(context.Background(), root, Options{})
	if err == nil || !strings.Contains(err.Error(), "a-1-noarch-1.txz") || !strings.Contains(err.Error(), "b-1-noarch-1.tgz") {
		t.Errorf("error %v", err)
	}
	if fileExists(root + "/PACKAGES.TXT") {
		t.Error("lists were made")
	}
}

// A directory and a file that may not be read are named, and the rest is listed.
func TestNotToBeRead(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	root := repositoryOf(t)
	pack(t, root+"/secret/a-1-noarch-1.tgz", "x")
	pack(t, root+"/misc/b-1-noarch-1.tgz", "x")
	for name, mode := range map[string]os.FileMode{"secret": 0, "misc/b-1-noarch-1.tgz": 0} {
		if err := os.Chmod(filepath.Join(root, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	defer os.Chmod(root+"/secret", 0o755)
	report := update(t, root, Options{})
	if len(report.Bad) != 2 || report.Packages != 2 {
		t.Errorf("%+v", report)
	}
}

// Lines come back as they went in.
func TestMembers(t *testing.T) {
	for _, lines := range [][]string{nil, {""}, {"a", "", "b c"}, {strings.Repeat("x", 20000), "y"}} {
		if got := slices.Collect(membersOf(slices.Values(lines)).lines()); !slices.Equal(got, lines) {
			t.Errorf("%d lines became %q", len(lines), got)
		}
	}
	for range members("garbage").lines() {
		t.Error("a line of garbage")
	}
}

// FuzzState reads what may be left of the state, and makes lists of it.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{"format":3,"packages":{"a/b-1-noarch-1.txz":{"bytes":1,"members":"H4sIAAAAAAAA/0rkSgIEAAD//w=="}}}`))
	f.Add([]byte(`{"format":3,"packages":{"x":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, stateFile), data, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := readState(dir)
		if err != nil {
			t.Fatal(err)
		}
		r := &repository{dir: dir, report: &Report{}, pending: map[string][]byte{}, kept: map[string]bool{}}
		for _, name := range sortedKeys(s.Packages) {
			r.packages = append(r.packages, &entry{record: s.Packages[name], name: name})
		}
		changes(s.Packages, r.packages)
		r.packagesTxt()
		if err := r.manifest(io.Discard); err != nil {
			t.Error(err)
		}
	})
}

// FuzzRelations reads slack-required and its like.
func FuzzRelations(f *testing.F) {
	f.Add("glibc >= 2.33\n# nothing\nopenssl|libressl\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range entriesOf(text) {
			if e == "" || strings.ContainsAny(e, "\n#") {
				t.Errorf("%q has the entry %q", text, e)
			}
		}
	})
}
