// SPDX-License-Identifier: MIT

package source

import (
	"fmt"
	"strings"
	"time"

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
	// Mentioned is an address that a text names, or a table that is no longer
	// current.
	Mentioned Class = "mentioned"
	// Comment is an address in a comment of a configuration file: somebody has
	// to be asked.
	Comment Class = "comment"
)

// Claim is one place that gives an address to somebody.
type Claim struct {
	Addr   hwaddr.Addr `json:"address"`
	Class  Class       `json:"class"`
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

	Note string    `json:"note,omitempty"`
	Time time.Time `json:"time,omitzero"` // when the source knew it
	// Own is set for what belongs to the bond that the address is for.
	Own bool `json:"own,omitempty"`
}

// Place is "file:line", or the source's name where there is no file.
func (c Claim) Place() string {
	switch {
	case c.File == "":
		return c.Source
	case c.Line == 0:
		return c.File
	}
	return fmt.Sprintf("%s:%d", c.File, c.Line)
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
	// have in a list that people keep; true asks for its Claim.
	Want(hwaddr.Addr) bool
	Claim(Claim)
	// WantProblem is called once for each problem; true asks for the Problem.
	WantProblem() bool
	Problem(Problem)
}

// maxText bounds the line that a claim quotes.
const maxText = 160

func quote(line []byte) string {
	text := strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.TrimSpace(strings.ToValidUTF8(string(line[:min(len(line), 4*maxText)]), "?")))
	if r := []rune(text); len(r) > maxText {
		return string(r[:maxText-3]) + "..."
	}
	return text
}
