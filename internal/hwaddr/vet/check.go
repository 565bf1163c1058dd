// SPDX-License-Identifier: MIT

package vet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
)

// Verdict is one of three answers.
type Verdict string

const (
	InUse      Verdict = "in use"
	NotSeen    Verdict = "not seen"
	CannotTell Verdict = "cannot tell"
)

// Live is what asking the LAN about one address gave.
type Live struct {
	Interface string `json:"interface"`
	// Seen is the frame that showed the address, "" if none did.
	Seen string `json:"seen,omitempty"`
	// Doubt says why silence means nothing, "" where it does.
	Doubt string `json:"doubt,omitempty"`
	// Done says in words what was sent and what answered for control.
	Done string `json:"done"`
}

// Answer is what is known of one address.
type Answer struct {
	Addr    hwaddr.Addr `json:"address"`
	Verdict Verdict     `json:"verdict"`
	// Why is the verdict's reason: the evidence, or what stands in the way.
	Why string `json:"why"`
	// Claims are those of others first, then comments, then the bond's own.
	Claims []source.Claim `json:"claims,omitempty"`
	// More is the number of claims that are not listed.
	More int   `json:"more_claims,omitempty"`
	Live *Live `json:"live,omitempty"`
	// Warning is about the address itself, as that its prefix is a hypervisor's.
	Warning string `json:"warning,omitempty"`
}

// Report is what Check found.
type Report struct {
	For      string           `json:"for,omitempty"`
	Answers  []Answer         `json:"answers"`
	Sources  []source.Result  `json:"-"`
	Problems []source.Problem `json:"problems,omitempty"`
	// MoreProblems is the number of those that are not listed.
	MoreProblems int `json:"more_problems,omitempty"`
}

// maxClaims bounds the claims of one address that are kept, and the problems.
const maxClaims = 200

// checker is the Sink of Check: it wants some addresses only. The table of last
// octets answers nearly all questions without a look at the map.
type checker struct {
	last     [256]bool
	wanted   map[hwaddr.Addr]int
	answers  []Answer
	own      Own
	problems []source.Problem
	// moreProblems is the number of those that are not listed.
	moreProblems int
}

func (c *checker) Want(a hwaddr.Addr, _ bool) bool {
	if !c.last[a[5]] {
		return false
	}
	_, ok := c.wanted[a]
	return ok
}

func (c *checker) Claim(x source.Claim) {
	i, ok := c.wanted[x.Addr]
	if !ok {
		return
	}
	a := &c.answers[i]
	x.Own = c.own.owns(x)
	if len(a.Claims) >= maxClaims {
		a.More++
		return
	}
	a.Claims = append(a.Claims, x)
}

func (c *checker) WantProblem() bool {
	if len(c.problems) < maxClaims {
		return true
	}
	c.moreProblems++
	return false
}

func (c *checker) Problem(p source.Problem) { c.problems = append(c.problems, p) }

// Check reads all sources and says of each address whether it is in use by
// others than own.
func Check(addrs []hwaddr.Addr, sources []source.Source, own Own) *Report {
	c := checker{wanted: map[hwaddr.Addr]int{}, own: own}
	for _, a := range addrs {
		if _, ok := c.wanted[a]; ok {
			continue
		}
		c.wanted[a], c.last[a[5]] = len(c.answers), true
		c.answers = append(c.answers, Answer{Addr: a, Warning: warning(a)})
	}
	r := &Report{For: own.Bond}
	for _, s := range sources {
		r.Sources = append(r.Sources, s.Read(&c))
	}
	r.Answers, r.Problems, r.MoreProblems = c.answers, c.problems, c.moreProblems
	for i := range r.Answers {
		slices.SortStableFunc(r.Answers[i].Claims, func(a, b source.Claim) int { return weight(b) - weight(a) })
	}
	r.Decide()
	return r
}

// Weights of claims: from weighMention on they make an address one in use. A
// neighbour that did not answer shows nothing; a comment may be an example, and
// whoever had a lease may be back: somebody has to be asked.
const (
	weighOwn = iota
	weighUnanswered
	weighComment
	weighEnded
	weighMention
	weighReserved
	weighUsed
)

// Counts reports whether a claim makes an address one that others use.
func Counts(c source.Claim) bool { return weight(c) >= weighMention }

// weight orders claims: the strongest evidence is the highest.
func weight(c source.Claim) int {
	switch {
	case c.Own:
		return weighOwn
	case c.Past == source.Unanswered:
		return weighUnanswered
	case c.Past == source.Ended:
		return weighEnded
	case c.Class == source.Comment:
		return weighComment
	case c.Class == source.Mentioned:
		return weighMention
	case c.Class == source.Reserved:
		return weighReserved
	}
	return weighUsed
}

// Decide sets the verdicts, from what the sources and, where it was asked, the
// LAN said.
func (r *Report) Decide() {
	failures := r.Failures()
	read, files := r.read()
	for i := range r.Answers {
		a := &r.Answers[i]
		first, strongest := source.Claim{}, weighOwn
		if len(a.Claims) > 0 {
			first, strongest = a.Claims[0], weight(a.Claims[0])
		}
		switch {
		case a.Live != nil && a.Live.Seen != "":
			a.Verdict, a.Why = InUse, fmt.Sprintf("on the LAN at %s: %s", a.Live.Interface, a.Live.Seen)
		case strongest >= weighMention:
			a.Verdict, a.Why = InUse, Describe(first)
		case len(failures) > 0:
			a.Verdict, a.Why = CannotTell, "could not read "+failures[0]
			if len(failures) > 1 {
				a.Why += fmt.Sprintf(", and %d more", len(failures)-1)
			}
		case strongest == weighComment:
			a.Verdict, a.Why = CannotTell, "only a comment names it, ask who wrote it: "+first.Place()
		case strongest == weighEnded:
			a.Verdict, a.Why = CannotTell, "only a lease that has ended names it, ask who had it: "+Describe(first)
		case a.Live != nil && a.Live.Doubt != "":
			a.Verdict, a.Why = CannotTell, a.Live.Doubt
		case a.Live == nil && read == 0:
			a.Verdict, a.Why = CannotTell, "there is no address in "+count(files, "source", "sources")+" that could be read"
		default:
			a.Verdict, a.Why = NotSeen, fmt.Sprintf("among %s of %s", count(read, "address", "addresses"), count(files, "source", "sources"))
			if strongest == weighUnanswered {
				a.Why += ", but for a neighbour that did not answer: " + Describe(first)
			}
			if a.Live != nil {
				a.Why += ", nor on the LAN at " + a.Live.Interface
			}
		}
	}
}

// Describe says in one line who has an address by a claim, where that stands, and
// how much it means: its class and its age.
func Describe(c source.Claim) string { return describe(c, string(c.Class)) }

// Where is Describe without the class, for a line that begins with it.
func Where(c source.Claim) string { return describe(c, "") }

func describe(c source.Claim, class string) string {
	if c.Source == "interfaces" {
		return "this host's " + c.Text
	}
	out := c.Place()
	if who := c.Who(); who != "" {
		out = who + ", " + out
	}
	var notes []string
	for _, n := range []string{class, c.Note, c.Age()} {
		if n != "" {
			notes = append(notes, n)
		}
	}
	if len(notes) > 0 {
		out += " (" + strings.Join(notes, ", ") + ")"
	}
	return out
}

// Failures says what could not be read, one line each.
func (r *Report) Failures() []string { return failures(r.Sources) }

func failures(sources []source.Result) []string {
	var list []string
	for _, s := range sources {
		if s.Err == nil {
			continue
		}
		for line := range strings.SplitSeq(s.Err.Error(), "\n") {
			if s.File == "" {
				line = s.Name + ": " + line
			}
			list = append(list, source.Visible(line))
		}
	}
	return list
}

// read counts the addresses and the sources that were read.
func (r *Report) read() (addresses, sources int) {
	for _, s := range r.Sources {
		if s.Err == nil && !s.Absent {
			addresses += s.Count
			sources++
		}
	}
	return addresses, sources
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Worst is the verdict that decides the exit status: in use before cannot tell
// before not seen.
func (r *Report) Worst() Verdict {
	worst := NotSeen
	for _, a := range r.Answers {
		if a.Verdict == InUse {
			return InUse
		}
		if a.Verdict == CannotTell {
			worst = CannotTell
		}
	}
	return worst
}

func warning(a hwaddr.Addr) string {
	if why := a.Unusable(); why != "" {
		return why + ": no host may have it"
	}
	p, ok := a.Owner()
	switch {
	case !ok:
		return ""
	case p.Protocol:
		return fmt.Sprintf("its prefix belongs to %s: no host may have it", p.Owner)
	}
	return fmt.Sprintf("its prefix is %s's: others in the LAN draw from the same range", p.Owner)
}
