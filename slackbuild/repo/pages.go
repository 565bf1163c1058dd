// SPDX-License-Identifier: MIT

package repo

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slackbond/slackbond/pkgtools"
)

//go:embed pages
var pagesFS embed.FS

var pageTemplates = template.Must(template.New("").Funcs(template.FuncMap{
	"size": size,
	"day":  func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
	"up":   func(name string) string { return strings.Repeat("../", strings.Count(name, "/")) },
}).ParseFS(pagesFS, "pages/*.html"))

// generator is how a page is known to be this package's.
const generator = `<meta name="generator" content="mkslack">`

// page is what the templates see of a package.
type page struct {
	*entry
	pkgtools.Name
	File    string // of the package, without directories
	Page    string // path of its page, relative to the repository
	Short   string // the text in parentheses
	Text    []string
	Files   []string
	Repo    string
	Updated time.Time

	LinkedRequired, LinkedConflicts, LinkedSuggests []link
}

// link is what a package says of another one, with that one's page where it is
// in the repository.
type link struct{ Text, Page string }

// size is a number of bytes for people.
func size(n int64) string {
	if kib(n) < 1024 {
		return fmt.Sprintf("%d KiB", kib(n))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// pages makes index.html and a page beside each package ready.
func (r *repository) pages() error {
	var all []page
	places := map[string]string{} // of pages, by the package's name
	for _, p := range r.packages {
		pg, err := r.page(p)
		if err != nil {
			return err
		}
		all = append(all, pg)
		places[pg.Name.Name] = pg.Page
	}
	for _, pg := range all {
		pg.LinkedRequired = links(places, pg.Page, pg.Required)
		pg.LinkedConflicts = links(places, pg.Page, pg.Conflicts)
		pg.LinkedSuggests = links(places, pg.Page, pg.Suggests)
		var b bytes.Buffer
		if err := pageTemplates.ExecuteTemplate(&b, "package.html", pg); err != nil {
			return err
		}
		r.put(pg.Page, b.Bytes())
	}
	if old, err := os.ReadFile(r.path("index.html")); err == nil && !bytes.Contains(old, []byte(generator)) {
		r.remark("index.html: left as it is: mkslack has not made it; remove it to have one with a search")
		return nil
	}
	slices.SortStableFunc(all, func(a, b page) int {
		return strings.Compare(strings.ToLower(a.Name.Name), strings.ToLower(b.Name.Name))
	})
	var b bytes.Buffer
	err := pageTemplates.ExecuteTemplate(&b, "index.html", map[string]any{
		"Title": r.title, "Short": shortName(r.title), "Updated": r.updated, "Packages": all,
		"Key": r.key != "" || fileExists(r.path("GPG-KEY")),
	})
	r.put("index.html", b.Bytes())
	return err
}

// page takes the package apart for its page.
func (r *repository) page(p *entry) (page, error) {
	n, err := pkgtools.ParseName(p.name)
	if err != nil {
		return page{}, err
	}
	full, _ := pkgtools.TrimExt(p.name)
	pg := page{entry: p, Name: n, File: path.Base(p.name), Page: path.Join(path.Dir(p.name), full+".html"),
		Repo: r.title, Updated: r.updated}
	pg.Short, pg.Text = describe(n.Name, p.Description)
	for m := range p.Members.lines() {
		if f := strings.SplitN(strings.Join(strings.Fields(m), " "), " ", 6); len(f) == 6 && f[5] != "./" && !strings.HasPrefix(f[5], "install/") {
			pg.Files = append(pg.Files, "/"+f[5])
		}
	}
	return pg, nil
}

// links finds the pages of the packages that the entries name, as seen from the
// page from: "glibc >= 2.33" and "a | b" begin with a name.
func links(places map[string]string, from string, entries []string) []link {
	var all []link
	for _, e := range entries {
		name, _, _ := strings.Cut(e, " ")
		l := link{Text: e}
		if to := places[name]; to != "" {
			l.Page = strings.Repeat("../", strings.Count(from, "/")) + to
		}
		all = append(all, l)
	}
	return all
}

// shortName is a name for the repository in the configuration of slackpkg+.
func shortName(title string) string {
	return cmp.Or(strings.ToLower(strings.Join(wordRE.FindAllString(title, 2), "")), "packages")
}

var wordRE = regexp.MustCompile(`[A-Za-z0-9]+`)

// describe takes the lines of slack-desc apart.
func describe(name string, lines []string) (short string, text []string) {
	for i, line := range lines {
		line = strings.TrimSpace(strings.TrimPrefix(line, name+":"))
		if i == 0 {
			short = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(line, name)), "("), ")")
			continue
		}
		text = append(text, line)
	}
	for len(text) > 0 && text[len(text)-1] == "" {
		text = text[:len(text)-1]
	}
	for len(text) > 0 && text[0] == "" {
		text = text[1:]
	}
	return short, text
}
