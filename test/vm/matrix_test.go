// SPDX-License-Identifier: MIT

package vm

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

// table says what became of everything that was run, and where.
var table matrix

// TestMain writes the table to the file that VMTEST_MATRIX names.
func TestMain(m *testing.M) {
	status := m.Run()
	if path := os.Getenv("VMTEST_MATRIX"); path != "" && len(table.rows) > 0 {
		if err := os.WriteFile(path, []byte(table.String()), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

type matrix struct {
	mu   sync.Mutex
	rows []*row
}

type row struct {
	arch, kernel, processor string
	began, ended            time.Time
	passed                  int
	failed, skipped         []string
}

func (m *matrix) add(arch, kernel, processor string) *row {
	r := &row{arch: arch, kernel: kernel, processor: processor, began: time.Now(), ended: time.Now()}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows = append(m.rows, r)
	return r
}

// kernelVersion is the full version of a kernel that kernels.sh fetched.
func kernelVersion(dir string) string {
	version, err := os.ReadFile(filepath.Join(dir, "version"))
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(version))
}

// count adds the outcome of t, at its end, to the row.
func (r *row) count(t *testing.T, what string) {
	table.mu.Lock()
	defer table.mu.Unlock()
	switch {
	case t.Failed():
		r.failed = append(r.failed, what)
	case t.Skipped():
		r.skipped = append(r.skipped, what)
	default:
		r.passed++
	}
	r.ended = time.Now()
}

func (m *matrix) String() string {
	text := new(strings.Builder)
	w := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "package\tkernel\tprocessor\tpassed\tfailed\tskipped\ttime")
	for _, r := range m.rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%.0f s\n", r.arch, r.kernel, r.processor,
			r.passed, list(r.failed), list(r.skipped), r.ended.Sub(r.began).Seconds())
	}
	w.Flush()
	return text.String()
}

// list is a number, and the names where there are any.
func list(names []string) string {
	if len(names) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", len(names), strings.Join(names, ", "))
}
