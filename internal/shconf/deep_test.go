// SPDX-License-Identifier: MIT

package shconf

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestDeep: nothing that is nested takes long, or the process with it.
func TestDeep(t *testing.T) {
	for _, s := range []string{
		"$(", "(", "{ ", `"$(`, "${a:-", "`", "$((", "if true; then ", "[[ ( ", "A=(", "((", "case a in a) ", "<(", "! ", "while ", "until ",
		"f() { ", "a && ", "a | ", "$[", "${a[", "${a/", "<<E\n$(", "select a in b; do ", "for a; do ",
	} {
		start := time.Now()
		_, err := Parse(strings.NewReader("A=1\nB="+strings.Repeat(s, 200_000)), "c")
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%q: %v", s, d)
		}
		var syntax *SyntaxError
		if err != nil && !errors.As(err, &syntax) {
			t.Errorf("%q: %v", s, err)
		}
	}
	flat := strings.Repeat("if [ -e x ]; then A=$(date); fi # (:\n", 400)
	if _, err := Parse(strings.NewReader(flat), "c"); err != nil {
		t.Errorf("what is not nested: %v", err)
	}
	if line := tooDeep([]byte("A=1\nB=" + strings.Repeat("(", maxDepth))); line != 0 {
		t.Errorf("line %d is too deep", line)
	}
	if line := tooDeep([]byte("A=1\nB=" + strings.Repeat("(", maxDepth+1))); line != 2 {
		t.Errorf("line %d is too deep, want 2", line)
	}
}
