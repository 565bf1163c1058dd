// SPDX-License-Identifier: MIT

package source

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// Class says how much a claim means.
type Class string

const (
	// Used is an address that was seen at work: an interface, a neighbour or
	// switch table, a lease that runs.
	Used Class = "used"
	// Reserved is an address that configuration or an inventory gives to
	// somebody: in use even if silent.
	Reserved Class = "reserved"
	// Mentioned is an address that a text names, or a table that says that it is no
	// longer so (Past).
	Mentioned Class = "mentioned"
	// Comment is an address in a comment of a configuration file: somebody has
	// to be asked.
	Comment Class = "comment"
)

// Past says why a source itself no longer holds what it mentions.
type Past string

const (
	// Ended is a lease that has run out, was given back or was replaced by a
	// later one.
	Ended Past = "ended"
	// Unanswered is a neighbour that did not answer when it was asked last.
	Unanswered Past = "unanswered"
)

// Claim is one place that gives an address to somebody.
type Claim struct {
	Addr   hwaddr.Addr `json:"address"`
	Class  Class       `json:"class"`
	Past   Past        `json:"past,omitempty"` // only with Mentioned
	Source string      `json:"source"`
	Format string      `json:"format,omitempty"`
	File   string      `json:"file,omitempty"`
	Line   int         `json:"line,omitempty"`
	Text   string      `json:"text,omitempty"`

	// Who has it, as far as the source says. Host is the machine whose file this
	// is, where it is not this one.
	Host string `json:"host,omitempty"`
	Name string `json:"name,omitempty"`
	IP   string `json:"ip,omitempty"`
	Port string `json:"port,omitempty"`
	VLAN string `json:"vlan,omitempty"`

	// Device is set where the address names a device and Port is one of the ports
	// that lead to it, as LLDP tells.
	Device bool `json:"device,omitempty"`

	Note string    `json:"note,omitempty"`
	Time time.Time `json:"time,omitzero"` // when the source knew it
	// Own is set for what belongs to the bond that the address is for.
	Own bool `json:"own,omitempty"`
}

// Place is "file:line", or the source's name where there is no file, fit for a
// terminal.
func (c Claim) Place() string {
	switch {
	case c.File == "":
		return Visible(c.Source)
	case c.Line == 0:
		return Visible(c.File)
	}
	return fmt.Sprintf("%s:%d", Visible(c.File), c.Line)
}

// Who is the owner in words, "" where the source does not say.
func (c Claim) Who() string {
	var words []string
	if c.Name != "" {
		words = append(words, c.Name)
	}
	if c.IP != "" && c.IP != c.Name {
		words = append(words, c.IP)
	}
	if c.Port != "" && c.Port != c.Name {
		words = append(words, "on "+c.Port)
	}
	if c.VLAN != "" {
		words = append(words, "VLAN "+c.VLAN)
	}
	if c.Host != "" && c.Host != c.Name {
		words = append(words, "of "+c.Host)
	}
	return strings.Join(words, " ")
}

// Problem is a line that holds no usable address where one is meant to be.
type Problem struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Text string `json:"text"`
	Why  string `json:"why"`
}

// Sink takes what the readers find.
type Sink interface {
	// Want is called once for each address read, also for those that no host can
	// have in a list that people keep; true asks for its Claim. Where sure is not
	// set, what was read may as well be a serial number or a hash.
	Want(a hwaddr.Addr, sure bool) bool
	Claim(Claim)
	// WantProblem is called once for each problem; true asks for the Problem.
	WantProblem() bool
	Problem(Problem)
}

// past makes a claim one of something that is no longer so.
func (c *Claim) past(why Past) { c.Class, c.Past = Mentioned, why }

// maxText bounds the line that a claim quotes, maxWord the other fields.
const (
	maxText = 160
	maxWord = 80
)

// visible gives every field that came from outside a form that is fit for a
// terminal and a log.
func (c *Claim) visible() {
	for _, field := range []*string{&c.Name, &c.IP, &c.Port, &c.VLAN, &c.Note, &c.Host} {
		*field = limit(Visible(*field), maxWord)
	}
	c.Text = Visible(c.Text)
}

// quote is a line as it is shown: without the blanks around it, at most maxText
// characters long.
func quote(line []byte) string {
	text := strings.TrimSpace(string(line[:min(len(line), 4*maxText)]))
	return limit(Visible(strings.ReplaceAll(text, "\t", " ")), maxText)
}

func limit(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if r := []rune(s); len(r) > n {
		return string(r[:n-3]) + "..."
	}
	return s
}

// Visible escapes what a terminal would obey or not show, as \x1b: names in a
// file that anybody may have written.
func Visible(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] >= ' ' && s[i] < 0x7f
	}
	if plain {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[i])
		} else if strconv.IsPrint(r) {
			b.WriteString(s[i : i+n])
		} else {
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += n
	}
	return b.String()
}
