// SPDX-License-Identifier: MIT

package pkgtools

import (
	"fmt"
	"strings"
)

// recordQuote writes a path as installpkg's list of files has it: tar's
// "escape" style of quoting in the C locale. Bytes above 0x7f are kept: what
// tar does to them depends on the locale of whoever runs installpkg.
func recordQuote(p string) string {
	plain := true
	for i := range len(p) {
		if p[i] < 0x20 || p[i] == 0x7f || p[i] == '\\' {
			plain = false
			break
		}
	}
	if plain {
		return p
	}
	var b strings.Builder
	for i := range len(p) {
		c := p[i]
		if k := strings.IndexByte("\a\b\t\n\v\f\r\\", c); k >= 0 {
			b.WriteByte('\\')
			b.WriteByte(`abtnvfr\`[k])
		} else if c < 0x20 || c == 0x7f {
			fmt.Fprintf(&b, `\%03o`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// recordUnquote is the opposite of recordQuote; it takes octal escapes of any
// byte, and leaves a backslash alone that starts nothing.
func recordUnquote(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		if k := strings.IndexByte(`abtnvfr\`, s[i+1]); k >= 0 {
			b.WriteByte("\a\b\t\n\v\f\r\\"[k])
			i++
			continue
		}
		if i+3 < len(s) && s[i+1] >= '0' && s[i+1] <= '3' && octal(s[i+2]) && octal(s[i+3]) {
			b.WriteByte((s[i+1]-'0')<<6 | (s[i+2]-'0')<<3 | (s[i+3] - '0'))
			i += 3
			continue
		}
		b.WriteByte('\\')
	}
	return b.String()
}

func octal(c byte) bool { return '0' <= c && c <= '7' }
