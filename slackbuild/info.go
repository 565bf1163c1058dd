// SPDX-License-Identifier: MIT

package slackbuild

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Info is a .info file of SlackBuilds.org.
type Info struct {
	PrgNam, Version, Homepage  string
	Download, MD5Sum           []string
	DownloadX8664, MD5SumX8664 []string
	Requires                   []string
	Maintainer, Email          string
}

// InfoFields are the fields of a .info file, in their order.
var InfoFields = []string{"PRGNAM", "VERSION", "HOMEPAGE", "DOWNLOAD", "MD5SUM",
	"DOWNLOAD_x86_64", "MD5SUM_x86_64", "REQUIRES", "MAINTAINER", "EMAIL"}

// String is the file's text: one value a line, further ones below the first.
func (i *Info) String() string {
	var b strings.Builder
	values := [][]string{{i.PrgNam}, {i.Version}, {i.Homepage}, i.Download, i.MD5Sum,
		i.DownloadX8664, i.MD5SumX8664, {strings.Join(i.Requires, " ")}, {i.Maintainer}, {i.Email}}
	for n, name := range InfoFields {
		indent := " \\\n" + strings.Repeat(" ", len(name)+2)
		fmt.Fprintf(&b, "%s=\"%s\"\n", name, strings.Join(values[n], indent))
	}
	return b.String()
}

// InfoField is one assignment of a .info file, as it stands there.
type InfoField struct {
	Name  string
	Value string // continuation lines joined with blanks
	Line  int    // the first of its lines
	Lines int
}

var infoFieldRE = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)="([^"]*)"\n`)

// ParseInfoFields reads the text strictly: NAME="VALUE" and a newline, time and
// again, VALUE without quotes. It never runs the text, which a shell would. The
// fields before a mistake are returned with it.
func ParseInfoFields(text string) ([]InfoField, error) {
	var fields []InfoField
	line := 1
	for text != "" {
		match := infoFieldRE.FindStringSubmatch(text)
		if match == nil {
			bad, _, _ := strings.Cut(text, "\n")
			return fields, &InfoError{line, bad}
		}
		n := strings.Count(match[0], "\n")
		value := strings.Join(strings.Fields(strings.ReplaceAll(match[2], "\\\n", " ")), " ")
		fields = append(fields, InfoField{match[1], value, line, n})
		text, line = text[len(match[0]):], line+n
	}
	return fields, nil
}

// InfoError is a line of a .info file that is not NAME="VALUE".
type InfoError struct {
	Line int
	Text string
}

func (e *InfoError) Error() string {
	return fmt.Sprintf("line %d: %q is not NAME=\"VALUE\"", e.Line, e.Text)
}

// ParseInfo reads a .info file that has every field once.
func ParseInfo(text string) (*Info, error) {
	fields, err := ParseInfoFields(text)
	if err != nil {
		return nil, err
	}
	i := &Info{}
	places := map[string]any{
		"PRGNAM": &i.PrgNam, "VERSION": &i.Version, "HOMEPAGE": &i.Homepage, "DOWNLOAD": &i.Download, "MD5SUM": &i.MD5Sum,
		"DOWNLOAD_x86_64": &i.DownloadX8664, "MD5SUM_x86_64": &i.MD5SumX8664, "REQUIRES": &i.Requires,
		"MAINTAINER": &i.Maintainer, "EMAIL": &i.Email,
	}
	var errs []error
	for _, f := range fields {
		switch p := places[f.Name].(type) {
		case *string:
			*p = f.Value
		case *[]string:
			*p = strings.Fields(f.Value)
		default:
			errs = append(errs, fmt.Errorf("line %d: field %q comes twice or is none of a .info file", f.Line, f.Name))
		}
		delete(places, f.Name)
	}
	for _, name := range InfoFields {
		if _, missing := places[name]; missing {
			errs = append(errs, fmt.Errorf("field %s is missing", name))
		}
	}
	return i, errors.Join(errs...)
}
