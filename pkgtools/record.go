// SPDX-License-Identifier: MIT

package pkgtools

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The lines of a record, with the blanks as installpkg puts them.
const (
	recordName         = "PACKAGE NAME:     "
	recordCompressed   = "COMPRESSED PACKAGE SIZE:     "
	recordUncompressed = "UNCOMPRESSED PACKAGE SIZE:     "
	recordLocation     = "PACKAGE LOCATION: "
	recordMD5          = "PACKAGE MD5SUM: "
	recordDescription  = "PACKAGE DESCRIPTION:"
	recordFiles        = "FILE LIST:"
)

// parseRecord reads a record, of any release, also one that is damaged.
func parseRecord(full string, text []byte) *Record {
	r := &Record{Full: full}
	part := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case part == recordFiles:
			if p := recordPath(line); p != "" {
				r.Files = append(r.Files, p)
			}
		case line == recordFiles || line == recordDescription:
			part = line
		case part == recordDescription:
			r.Description = append(r.Description, line)
		default:
			for _, f := range []struct {
				label string
				value *string
			}{
				{recordCompressed, &r.CompressedSize}, {recordUncompressed, &r.UncompressedSize},
				{recordLocation, &r.Location}, {recordMD5, &r.MD5},
			} {
				if v, ok := strings.CutPrefix(line, strings.TrimRight(f.label, " ")); ok {
					*f.value = strings.TrimSpace(v)
				}
			}
		}
	}
	return r
}

// recordPath is the path that a line of the list of files means: relative,
// without "./", a directory with a slash at its end; "./" is the root. It is
// empty for a line that means nothing inside the root.
func recordPath(line string) string {
	p := recordUnquote(line)
	if p == "./" {
		return p
	}
	p = strings.TrimLeft(p, "/")
	for strings.HasPrefix(p, "./") {
		p = strings.TrimLeft(p[2:], "/")
	}
	clean := strings.TrimRight(p, "/")
	if checkPath(clean) != nil || clean == "." {
		return ""
	}
	if clean != p {
		return clean + "/"
	}
	return p
}

// format writes r as installpkg does. r.Files must be names of members.
func (r *Record) format() []byte {
	var b strings.Builder
	b.WriteString(recordName + r.Full + "\n" + recordCompressed + r.CompressedSize + "\n" +
		recordUncompressed + r.UncompressedSize + "\n" + recordLocation + r.Location + "\n")
	if r.MD5 != "" {
		b.WriteString(recordMD5 + r.MD5 + "\n")
	}
	b.WriteString(recordDescription + "\n")
	for _, line := range r.Description {
		b.WriteString(line + "\n")
	}
	b.WriteString(recordFiles + "\n")
	for _, f := range r.Files {
		b.WriteString(f + "\n")
	}
	return []byte(b.String())
}

// recordList is the list of files of a package as its record has it.
func recordList(entries []Entry) []string {
	list := make([]string, 0, len(entries)+1)
	for i := range entries {
		list = append(list, recordQuote(entries[i].member()))
	}
	slices.Sort(list)
	// Whatever the archive has: without this line removepkg finds no list.
	if !slices.Contains(list, "./") {
		list = slices.Insert(list, 0, "./")
	}
	return list
}

// humanSize writes a number of bytes as du -h and numfmt --to=iec do: rounded
// up, with one digit after the point below ten.
func humanSize(n int64) string {
	if n < 1024 {
		return fmt.Sprint(n)
	}
	for _, unit := range "KMGTPE" {
		if tenths := (n*10 + 1023) / 1024; tenths < 100 {
			return fmt.Sprintf("%d.%d%c", tenths/10, tenths%10, unit)
		}
		if n = (n + 1023) / 1024; n < 1024 {
			return fmt.Sprintf("%d%c", n, unit)
		}
	}
	return fmt.Sprint(n)
}

// recordQuote writes a path as installpkg's list of files has it: tar's
// "escape" style of quoting. Bytes above 0x7f are kept where they are UTF-8 and
// otherwise quoted, as tar does in a UTF-8 locale.
func recordQuote(p string) string {
	plain := utf8.ValidString(p)
	for i := 0; i < len(p) && plain; i++ {
		plain = p[i] >= 0x20 && p[i] != 0x7f && p[i] != '\\'
	}
	if plain {
		return p
	}
	var b strings.Builder
	for i := 0; i < len(p); {
		r, n := utf8.DecodeRuneInString(p[i:])
		c := p[i]
		switch k := strings.IndexByte("\a\b\t\n\v\f\r\\", c); {
		case k >= 0:
			b.WriteByte('\\')
			b.WriteByte(`abtnvfr\`[k])
		case c < 0x20 || c == 0x7f || r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteString(p[i : i+n])
		}
		i += n
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
