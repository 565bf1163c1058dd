// SPDX-License-Identifier: MIT

package journal

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T, path string) *Dir {
	t.Helper()
	d, err := Open(context.Background(), path, "boot-1", "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func bond(t *testing.T, d *Dir, name string) *Journal {
	t.Helper()
	j, err := d.Bond(name)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func add(t *testing.T, j *Journal, entries ...Entry) {
	t.Helper()
	if err := j.Add(entries...); err != nil {
		t.Fatal(err)
	}
}

var some = []Entry{
	{Verb: Making},
	{Verb: Made, Index: 7},
	{Verb: NIC, Name: "eth0", Index: 2, Flags: 0x1003, MTU: 1500, MAC: "02:00:00:00:00:01"},
}

func TestWhatWasAddedIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rc.bond")
	d := open(t, path)
	j := bond(t, d, "bond0")
	add(t, j, some[0])
	add(t, j, some[1:]...)
	got := bond(t, d, "bond0")
	if diff := cmp.Diff(some, got.Entries); diff != "" {
		t.Error(diff)
	}
	if e := got.Find(NIC, "eth0", 2); e == nil || e.MTU != 1500 {
		t.Errorf("Find = %v", e)
	}
	if e := got.Find(NIC, "eth0", 3); e != nil {
		t.Errorf("another index found %v", e)
	}
	if !got.Has(Made) || got.Has(Kept) {
		t.Error("Has")
	}
	if err := got.Rewrite(some[:1]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(some[:1], bond(t, d, "bond0").Entries); diff != "" {
		t.Error(diff)
	}
	names, err := d.Names()
	if err != nil || !cmp.Equal(names, []string{"bond0"}) {
		t.Errorf("Names = %v, %v", names, err)
	}
	if err := got.Rewrite(nil); err != nil {
		t.Fatal(err)
	}
	if names, _ := d.Names(); len(names) != 0 {
		t.Errorf("Names after the end = %v", names)
	}
	if err := bond(t, d, "bond0").Rewrite(nil); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
}

func TestModes(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "rc.bond")
	d := open(t, path)
	add(t, bond(t, d, "bond0"), some...)
	for name, want := range map[string]os.FileMode{"": 0o700, "lock": 0o600, "bond.bond0": 0o600} {
		st, err := os.Stat(filepath.Join(path, name))
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm() != want {
			t.Errorf("mode of %q = %o, want %o", name, st.Mode().Perm(), want)
		}
	}
}

func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rc.bond")
	d := open(t, path)
	add(t, bond(t, d, "bond0"), some...)
	file := filepath.Join(path, "bond.bond0")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSuffix(string(whole), "\n")
	last := strings.LastIndexByte(text, '\n') + 1
	for n := last; n <= len(text); n++ {
		if err := os.WriteFile(file, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		j := bond(t, d, "bond0")
		if diff := cmp.Diff(some[:2], j.Entries); diff != "" {
			t.Fatalf("cut at %d: %s", n, diff)
		}
		add(t, j, some[2])
		if diff := cmp.Diff(some, bond(t, d, "bond0").Entries); diff != "" {
			t.Fatalf("cut at %d, then added to: %s", n, diff)
		}
	}
	// Cut within the header: nothing was announced yet.
	if err := os.WriteFile(file, whole[:5], 0o600); err != nil {
		t.Fatal(err)
	}
	j := bond(t, d, "bond0")
	if len(j.Entries) != 0 {
		t.Errorf("half a header has %v", j.Entries)
	}
	add(t, j, some...)
	if diff := cmp.Diff(some, bond(t, d, "bond0").Entries); diff != "" {
		t.Error(diff)
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
	}{
		{"another format", `{"rc.bond":9,"boot":"boot-1"}` + "\n", "format 9"},
		{"damaged", `{"rc.bond":1,"boot":"boot-1"}` + "\nrubbish\n" + `{"do":"making"}` + "\n", "bond.bond0:2: the journal is damaged"},
		{"a number that is none", `{"rc.bond":1,"boot":"boot-1"}` + "\n" + `{"do":"made","index":"a[$(id)]"}` + "\n", "bond.bond0:2"},
		{"nothing to undo", `{"rc.bond":1,"boot":"boot-1"}` + "\n{}\n", "bond.bond0:2"},
		{"not a journal", "making\n", "bond.bond0:1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rc.bond")
			d := open(t, path)
			if err := os.WriteFile(filepath.Join(path, "bond.bond0"), []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := d.Bond("bond0")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if names, err := d.Names(); err != nil || !cmp.Equal(names, []string{"bond0"}) {
				t.Errorf("Names = %v, %v: a journal that cannot be read is lost sight of", names, err)
			}
		})
	}
}

func TestAnotherBoot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rc.bond")
	d := open(t, path)
	add(t, bond(t, d, "bond0"), some...)
	later := View(path, "boot-2")
	j := bond(t, later, "bond0")
	if len(j.Entries) != 0 {
		t.Errorf("entries of another boot: %v", j.Entries)
	}
	if names, _ := later.Names(); len(names) != 0 {
		t.Errorf("Names = %v", names)
	}
	add(t, j, some[0])
	if diff := cmp.Diff(some[:1], bond(t, later, "bond0").Entries); diff != "" {
		t.Error(diff)
	}
}

func TestForeignFiles(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(t *testing.T, dir string)
		want string
	}{
		{"writable journal", func(t *testing.T, dir string) {
			file := filepath.Join(dir, "bond.bond0")
			write(t, file)
			if err := os.Chmod(file, 0o622); err != nil {
				t.Fatal(err)
			}
		}, "others can write"},
		{"symbolic link", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "elsewhere"))
			if err := os.Symlink("elsewhere", filepath.Join(dir, "bond.bond0")); err != nil {
				t.Fatal(err)
			}
		}, "bond.bond0"},
		{"pipe", func(t *testing.T, dir string) {
			if err := syscall.Mkfifo(filepath.Join(dir, "bond.bond0"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "regular"},
		{"another user's", func(t *testing.T, dir string) {
			if os.Geteuid() != 0 {
				t.Skip("only root can give files away")
			}
			file := filepath.Join(dir, "bond.bond0")
			write(t, file)
			if err := os.Chown(file, 99, 99); err != nil {
				t.Fatal(err)
			}
		}, "belongs to user 99"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rc.bond")
			d := open(t, path)
			test.make(t, path)
			_, err := d.Bond("bond0")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func write(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(`{"rc.bond":1,"boot":"boot-1"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestForeignFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rc.bond")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), path, "b", "test", nil); err == nil || !strings.Contains(err.Error(), "others can write") {
		t.Errorf("a folder that all can write to: %v", err)
	}
	// That of version 1.0.0 could be read by all; it is taken over.
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	d, err := Open(context.Background(), path, "b", "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o700 {
		t.Errorf("mode %o", st.Mode().Perm())
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), link, "b", "test", nil); err == nil {
		t.Error("a link was taken for the folder")
	}
}

func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rc.bond")
	d := open(t, path)
	j := bond(t, d, "bond0")
	add(t, j, some[0])
	limit := syscall.Rlimit{}
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	// A limit on the size of files stands for the full disk: the write is cut.
	file := filepath.Join(path, "bond.bond0")
	st, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	small := limit
	small.Cur = uint64(st.Size() + 5)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Skip(err)
	}
	err = j.Add(some[1])
	if restore := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); restore != nil {
		t.Fatal(restore)
	}
	if err == nil || !strings.Contains(err.Error(), "without which nothing is changed") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(some[:1], j.Entries); diff != "" {
		t.Error("entries that could not be written count:", diff)
	}
	add(t, bond(t, d, "bond0"), some[1])
	if diff := cmp.Diff(some[:2], bond(t, d, "bond0").Entries); diff != "" {
		t.Error(diff)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rc.bond")
	d := open(t, path)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	var told []string
	_, err := Open(ctx, path, "boot-1", "second", func(b *Busy) { told = append(told, b.Holder) })
	var busy *Busy
	if !errors.As(err, &busy) || !strings.HasPrefix(busy.Holder, "test, process ") {
		t.Fatalf("error %v", err)
	}
	if len(told) != 1 || told[0] != busy.Holder {
		t.Errorf("told %q", told)
	}
	// A child holds it no longer than we do.
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { child.Process.Kill(); child.Wait() }()
	d.Close()
	second, err := Open(context.Background(), path, "boot-1", "second", nil)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
}
