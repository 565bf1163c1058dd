// SPDX-License-Identifier: MIT

package slackbuild

import (
	"maps"
	"os"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// symbols are the variables that a content may name beside the environment's:
// known to Package, and left to the shell in a generated script.
var symbols = map[string]string{
	"BUILDDIR": "BUILDDIR", // what the commands fill
	"PKG":      "PKG",
	"NAME":     "PRGNAM",
	"PRGNAM":   "PRGNAM",
	"VERSION":  "VERSION",
	"ARCH":     "ARCH",
}

// names are the symbols whose values do not depend on the architecture.
func (m *Manifest) names() map[string]string {
	return m.unset(map[string]string{"NAME": m.Name, "PRGNAM": m.Name, "VERSION": m.FullVersion()})
}

// urlNames are the names for the places of sources, where the version is spelled
// as upstream does: 2.0-rc1 and not 2.0_rc1.
func (m *Manifest) urlNames() map[string]string {
	names := m.names()
	if _, ok := names["VERSION"]; ok {
		names["VERSION"] = m.upstreamVersion()
	}
	return names
}

// upstreamVersion is the version before its hyphens become underscores.
func (m *Manifest) upstreamVersion() string {
	for _, v := range []string{m.Version, m.Version + "-" + m.Prerelease, m.Version + "+" + m.VersionMetadata,
		m.Version + "-" + m.Prerelease + "+" + m.VersionMetadata} {
		v = strings.TrimPrefix(v, "v")
		if strings.ReplaceAll(v, "-", "_") == m.FullVersion() {
			return v
		}
	}
	return m.FullVersion()
}

// unset leaves the symbols out that the environment has, for an nfpm.yaml: nfpm
// knows no other variables.
func (m *Manifest) unset(symbols map[string]string) map[string]string {
	if m.nfpm {
		maps.DeleteFunc(symbols, func(name, _ string) bool {
			_, set := os.LookupEnv(name)
			return set
		})
	}
	return symbols
}

// expandWith puts values for $NAME and ${NAME}: from known, else the
// environment.
func expandWith(s string, known map[string]string) string {
	return os.Expand(s, func(name string) string {
		if v, ok := known[name]; ok {
			return v
		}
		return os.Getenv(name)
	})
}

// shellWord writes s as one word of a script. Where expand is set, the symbols
// in it stay variables. SlackBuilds leave variables unquoted, and so does this:
// the script has made sure that none holds a blank.
func (m *Manifest) shellWord(s string, expand bool) string {
	if !expand {
		return quote(s)
	}
	const mark = "\x00" // no path holds it
	symbols := m.unset(maps.Clone(symbols))
	marked := os.Expand(s, func(name string) string {
		if v, ok := symbols[name]; ok {
			return mark + v + mark
		}
		return os.Getenv(name)
	})
	var b strings.Builder
	parts := strings.Split(marked, mark)
	for i, part := range parts {
		switch {
		case i%2 == 0 && part != "":
			b.WriteString(quote(part))
		case i%2 == 1 && i+1 < len(parts) && startsWord(parts[i+1]):
			b.WriteString("${" + part + "}")
		case i%2 == 1:
			b.WriteString("$" + part)
		}
	}
	return b.String()
}

func startsWord(s string) bool {
	return s != "" && (s[0] == '_' || '0' <= s[0] && s[0] <= '9' || 'a' <= s[0] && s[0] <= 'z' || 'A' <= s[0] && s[0] <= 'Z')
}

// quote is s as the shell reads it, with quotes only where it needs them.
func quote(s string) string {
	q, err := syntax.Quote(s, syntax.LangBash)
	if err != nil { // only for a NUL, which check has refused
		return "''"
	}
	return q
}

// quotePOSIX is [quote] for doinst.sh, which any sh may run. check has refused
// what it cannot write: control characters.
func quotePOSIX(s string) string {
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return r > '~' || !plainInShell[byte(r)] }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// plainInShell are the bytes that mean nothing to a shell, wherever they stand.
var plainInShell = func() (plain [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+,:@%-") {
		plain[c] = true
	}
	return plain
}()
