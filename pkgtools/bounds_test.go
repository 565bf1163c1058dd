// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// emptyLzip is a lzip member without data, for which a decoder takes a
// dictionary of 1<<bits bytes.
func emptyLzip(bits byte) string {
	return "LZIP\x01" + string([]byte{bits}) + "\x00\x83\xff\xfb\xff\xff\xc0\x00\x00\x00" +
		strings.Repeat("\x00", 12) + "\x24\x00\x00\x00\x00\x00\x00\x00"
}

// emptyGzip is a gzip member without data.
const emptyGzip = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// tinyXz is a stream of one block with a dictionary of 64 MiB, of n stored
// chunks of one byte.
func tinyXz(n int) string {
	flags := "\x00\x04"
	header := append([]byte{2, 0, 0x21, 1, 28}, 0, 0, 0)
	block := string(binary.LittleEndian.AppendUint32(header, crc32.ChecksumIEEE(header)))
	var b strings.Builder
	b.WriteString("\xfd7zXZ\x00" + flags)
	b.Write(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(flags))))
	b.WriteString(block + "\x01\x00\x00\x00")
	b.WriteString(strings.Repeat("\x02\x00\x00\x00", n))
	b.WriteString("\x00\x00\x00\x00")
	return b.String()
}

// hostileFiles cost a reader as much time as possible for their size.
var hostileFiles = []struct {
	name, ext string
	data      func() string
	err       string
}{
	{"members with large dictionaries", ".tlz", func() string { return strings.Repeat(emptyLzip(27), 3000) }, "larger dictionaries"},
	{"a dictionary of 512 MiB", ".tlz", func() string { return emptyLzip(29) }, "a dictionary of more than 128 MiB"},
	{"empty lzip members", ".tlz", func() string { return strings.Repeat(emptyLzip(12), 200000) }, "more members"},
	{"empty gzip members", ".tgz", func() string { return strings.Repeat(emptyGzip, 500000) }, "empty"},
	{"xz chunks of one byte", ".txz", func() string { return tinyXz(2000000) }, "is no whole xz file"},
}

func TestHostileFilesEnd(t *testing.T) {
	for _, test := range hostileFiles {
		t.Run(test.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "a-1-noarch-1"+test.ext)
			if err := os.WriteFile(name, []byte(test.data()), 0o644); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, err := Scan(context.Background(), name, ReadOptions{Engine: Go}, nil)
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if d := time.Since(start); d > 40*time.Second {
				t.Errorf("took %v", d)
			}
			// It ends within a moment when it is told to, wherever it is.
			for _, after := range []time.Duration{0, 5 * time.Millisecond, 50 * time.Millisecond} {
				ctx, cancel := context.WithTimeout(context.Background(), after)
				start := time.Now()
				_, err := Scan(ctx, name, ReadOptions{Engine: Go}, nil)
				cancel()
				if d := time.Since(start); d > after+2*time.Second {
					t.Errorf("ended %v after it was told to: %v", d-after, err)
				}
				if after == 0 && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
			}
		})
	}
}

// Packages of lzip members as plzip writes them are read; an archive without
// anything in it, in as many members as fit, is not.
func TestLzipMembers(t *testing.T) {
	if _, err := exec.LookPath("lzip"); err != nil {
		t.Skip(err)
	}
	data := slices.Concat(archive(t, mreg("f", strings.Repeat("text ", 10000)), mreg("g", "y")), end(2))
	var all []byte
	for part := range slices.Chunk(data, 20000) {
		cmd := exec.Command("lzip", "-9c")
		cmd.Stdin = bytes.NewReader(part)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, out...)
	}
	name := filepath.Join(t.TempDir(), "a-1-noarch-1.tlz")
	if err := os.WriteFile(name, all, 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := Scan(context.Background(), name, ReadOptions{}, nil)
	if err != nil || len(p.Entries) != 2 {
		t.Errorf("%+v, %v", p, err)
	}
}

// emptyMembers is a package of n files without content, in as few bytes as
// possible: the same block over and over, with another name.
func emptyMembers(t *testing.T, n int) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "many-1-noarch-1.tgz")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	block := archive(t, mreg("usr/share/some/where/file-00000000", ""))
	for i := range n {
		for k, v := 33, i; k > 25; k, v = k-1, v/10 {
			block[k] = '0' + byte(v%10)
		}
		if _, err := z.Write(setType(block, 0, '0')); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := z.Write(end(2)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

// The number of files is bounded so that what is kept of them fits.
func TestManyFiles(t *testing.T) {
	name := emptyMembers(t, 50000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	p, err := Scan(context.Background(), name, ReadOptions{Limits: Limits{Ratio: -1}}, nil)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if err != nil || len(p.Entries) != 50000 {
		t.Fatalf("%d entries, %v", len(p.Entries), err)
	}
	if n := int64(after.HeapAlloc-before.HeapAlloc) / 50000 * DefaultLimits.Entries; n > 120*mib {
		t.Errorf("%d MiB are kept of as many files as there may be", n/mib)
	}
	var limit *LimitError
	if _, err := Scan(context.Background(), name, ReadOptions{Limits: Limits{Ratio: -1, Entries: 49999}}, nil); !errors.As(err, &limit) || limit.Limit != 49999 {
		t.Errorf("error %v", err)
	}
	runtime.KeepAlive(p)
}

// A script that would cost the shell gigabytes is a finding, not a cost.
func TestHostileScript(t *testing.T) {
	script := bytes.Repeat([]byte("x "), maxScript/2)
	start := time.Now()
	err := checkScript(context.Background(), "it", script)
	if err == nil || !strings.Contains(err.Error(), "the shell cannot read it") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	if d := time.Since(start); d > 2*checkTime {
		t.Errorf("took %v", d)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := checkScript(ctx, "it", script); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := checkScript(context.Background(), "it", []byte("if true; then :; fi\n")); err != nil {
		t.Error(err)
	}
}

// Nothing waits for what is called like a package or its sum, but is a pipe.
func TestPipes(t *testing.T) {
	name := pack(t, "a-1-noarch-1", file("f", "x"))
	pipe := filepath.Join(t.TempDir(), "p-1-noarch-1.tgz")
	for _, p := range []string{name + ".md5", pipe} {
		if err := unix.Mkfifo(p, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []string{name, pipe} {
		if _, err := Verify(context.Background(), n, ReadOptions{}, nil); err == nil || !strings.Contains(err.Error(), "is not a file") {
			t.Errorf("%s: %v", n, err)
		}
	}
}
