// SPDX-License-Identifier: MIT

package exasock

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// wordOf is the word that the driver would publish.
func wordOf(flags uint16, card, port byte) Word {
	var b [4]byte
	binary.NativeEndian.PutUint16(b[:2], flags)
	b[2], b[3] = card, port
	return Word(binary.NativeEndian.Uint32(b[:]))
}

func TestWord(t *testing.T) {
	for _, test := range []struct {
		bytes    [4]byte // as in memory on a little-endian machine
		id, port int
		ok       bool
	}{
		{[4]byte{0, 0, 0, 0}, 0, 0, false},
		{[4]byte{1, 0, 0, 0}, 0, 0, true},
		{[4]byte{1, 0, 3, 1}, 3, 1, true},
		{[4]byte{1, 0, 255, 254}, 255, 254, true},
		{[4]byte{0, 0, 3, 1}, 0, 0, false},  // the last active one, stale
		{[4]byte{2, 0, 3, 1}, 0, 0, false},  // a flag of a later driver
		{[4]byte{0, 1, 3, 1}, 0, 0, false},  // the high byte of the flags
		{[4]byte{3, 7, 12, 2}, 12, 2, true}, // with other flags
	} {
		b := test.bytes
		if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
			b[0], b[1] = b[1], b[0]
		}
		w := Word(binary.NativeEndian.Uint32(b[:]))
		id, port, ok := w.Active()
		if id != test.id || port != test.port || ok != test.ok {
			t.Errorf("%v: Active() = %d, %d, %t; want %d, %d, %t", test.bytes, id, port, ok, test.id, test.port, test.ok)
		}
		if p := w.Port(); (p != nil) != test.ok || p != nil && *p != (Port{test.id, test.port}) {
			t.Errorf("%v: Port() = %v", test.bytes, p)
		}
	}
}

// A writer stands in for the driver: a page of a file, mapped for writing.
type writer struct {
	path string
	word *uint32
}

func newWriter(t testing.TB, path string, w Word) *writer {
	t.Helper()
	page := make([]byte, os.Getpagesize())
	binary.NativeEndian.PutUint32(page, uint32(w))
	if err := os.WriteFile(path, page, 0o600); err != nil {
		t.Fatal(err)
	}
	mem, err := mapWritable(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(mem) })
	return &writer{path, firstWord(mem)}
}

func mapWritable(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return unix.Mmap(int(f.Fd()), 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

func (w *writer) set(word Word) { atomic.StoreUint32(w.word, uint32(word)) }

func openPage(t testing.TB, path string) *Page {
	t.Helper()
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestPage(t *testing.T) {
	w := newWriter(t, filepath.Join(t.TempDir(), "exabond-bond0"), 0)
	p := openPage(t, w.path)
	if _, _, ok := p.Active(); ok {
		t.Error("an empty page has an active port")
	}
	w.set(wordOf(1, 2, 3))
	if id, port, ok := p.Active(); id != 2 || port != 3 || !ok {
		t.Errorf("Active() = %d, %d, %t; want 2, 3, true", id, port, ok)
	}
	if p.Released() {
		t.Error("Released() of a page that is there")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := p.Active(); ok || p.Close() != nil {
		t.Error("a closed page has an active port, or cannot be closed again")
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	short := filepath.Join(dir, "short")
	if err := os.WriteFile(short, []byte("abcd"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "nosuch"): "no such file",
		dir:                          "no such device",
		short:                        "only 4 bytes",
		"/dev/null":                  "no such device",
	} {
		p, err := Open(path)
		if err == nil {
			p.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%s): %v, want %q", path, err, want)
		}
	}
}

func TestReleased(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "exabond-bond0")
	newWriter(t, path, 0)
	p := openPage(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if !p.Released() {
		t.Error("the file is gone, and Released is false")
	}
	newWriter(t, path, 0)
	if !p.Released() {
		t.Error("the file is another one, and Released is false")
	}
}

func TestWatch(t *testing.T) {
	w := newWriter(t, filepath.Join(t.TempDir(), "exabond-bond0"), wordOf(1, 0, 0))
	p := openPage(t, w.path)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()

	var got []string
	next := []Word{
		wordOf(1, 0, 1),
		wordOf(1, 1, 0),
		wordOf(0, 1, 0), // no active port, numbers stale
		wordOf(1, 1, 0),
	}
	for port, err := range p.Watch(ctx, Poll{Max: 2 * time.Millisecond}) {
		if err != nil {
			got = append(got, err.Error())
			break
		}
		text := "none"
		if port != nil {
			text = port.String()
		}
		got = append(got, text)
		switch {
		case len(got) == 3: // what means nothing is no change
			w.set(wordOf(1|2, 1, 0))
			time.AfterFunc(20*time.Millisecond, func() { w.set(next[2]) })
		case len(got) == 4:
			w.set(wordOf(0, 9, 9))
			time.AfterFunc(20*time.Millisecond, func() { w.set(next[3]) })
		case len(got) <= len(next):
			w.set(next[len(got)-1])
		default: // released: the file goes, then the word is zero
			if err := os.Remove(w.path); err != nil {
				t.Fatal(err)
			}
			w.set(0)
		}
	}
	want := "[exanic0 port 0 exanic0 port 1 exanic1 port 0 none exanic1 port 0 " + ErrReleased.Error() + "]"
	if fmt.Sprint(got) != want {
		t.Errorf("Watch yielded\n%v, want\n%v", got, want)
	}
}

func TestWatchEnds(t *testing.T) {
	w := newWriter(t, filepath.Join(t.TempDir(), "exabond-bond0"), wordOf(1, 0, 0))
	p := openPage(t, w.path)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	looks := 0
	for _, err := range p.Watch(ctx, Poll{}) {
		if err != nil {
			t.Error(err)
		}
		looks++
		cancel()
	}
	for range p.Watch(ctx, Poll{}) {
		t.Error("a watch with a context that is done yields")
	}
	if looks != 1 {
		t.Errorf("%d looks, want 1", looks)
	}
}

// TestWatchNoticesQuietRelease: a bond without an active port is released; the
// word, zero before, does not change.
func TestWatchNoticesQuietRelease(t *testing.T) {
	w := newWriter(t, filepath.Join(t.TempDir(), "exabond-bond0"), 0)
	p := openPage(t, w.path)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, err := range p.Watch(ctx, Poll{}) {
		if errors.Is(err, ErrReleased) {
			return
		}
		if err := os.Remove(w.path); err != nil {
			t.Fatal(err)
		}
	}
	t.Error("the watch did not notice")
}

// TestWatchIsIdle measures what watching costs while nothing happens.
func TestWatchIsIdle(t *testing.T) {
	w := newWriter(t, filepath.Join(t.TempDir(), "exabond-bond0"), wordOf(1, 0, 0))
	p := openPage(t, w.path)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	before := cpuTime(t)
	for _, err := range p.Watch(ctx, Poll{}) {
		if err != nil {
			t.Error(err)
		}
	}
	used := cpuTime(t) - before
	t.Logf("2 s of watching took %v of processor time", used)
	if used > 200*time.Millisecond {
		t.Errorf("2 s of watching took %v of processor time", used)
	}
}

func cpuTime(t *testing.T) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(unix.TimevalToNsec(u.Utime) + unix.TimevalToNsec(u.Stime))
}

// stressWord is the nth word that the stress test's writer writes. Its four
// bytes belong together, so that any mixture of two of them shows.
func stressWord(n uint32) Word {
	port := byte(n * 151 >> 3)
	return wordOf(uint16(port)<<1|1, port^0xA5, port)
}

const stressEnv = "EXASOCK_STRESS_PAGE"

// TestMain is also the other process of TestStress: it rewrites a page.
func TestMain(m *testing.M) {
	if path := os.Getenv(stressEnv); path != "" {
		mem, err := mapWritable(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		word := firstWord(mem)
		var n uint32
		for ; n < stressWrites; n++ {
			atomic.StoreUint32(word, uint32(stressWord(n)))
		}
		atomic.StoreUint32(word, 0)
		fmt.Println(n)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const stressWrites = 50_000_000

// TestStress reads a page that another process rewrites millions of times: each
// read must give one of the words written, whole.
func TestStress(t *testing.T) {
	w := newWriter(t, filepath.Join(t.TempDir(), "exabond-bond0"), stressWord(0))
	p := openPage(t, w.path)
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), stressEnv+"="+w.path)
	out := new(strings.Builder)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reads, changes, torn int
	for last := Word(0); ; reads++ {
		word := p.Word()
		if word == 0 {
			break // the writer is done
		}
		id, port, ok := word.Active()
		if !ok || byte(id) != byte(port)^0xA5 || word != wordOf(uint16(port)<<1|1, byte(id), byte(port)) {
			torn++
		}
		if word != last {
			last = word
			changes++
		}
		if reads&0xFFFFF == 0 && time.Since(start) > time.Minute {
			t.Fatal("the writer did not come to an end")
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("another process wrote %s words in %v; %d reads, %d changes seen, %d torn",
		strings.TrimSpace(out.String()), time.Since(start).Round(time.Millisecond), reads, changes, torn)
	if torn > 0 {
		t.Errorf("%d of %d reads were torn", torn, reads)
	}
	if changes < 10 { // one processor changes between the two only now and then
		t.Errorf("only %d changes were seen: the test showed nothing", changes)
	}
}
