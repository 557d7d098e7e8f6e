package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// manPage is a page in the language of man(7).
type manPage struct{ strings.Builder }

// roffSigns are those that mean something else to roff, or would come out as the signs of print.
var roffSigns = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, "\n.", "\n\\&.")

// roff is plain text as it is to be read.
func roff(text string) string {
	text = roffSigns.Replace(text)
	if strings.HasPrefix(text, ".") {
		return `\&` + text
	}
	return text
}

func newManPage(name, section, date string) *manPage {
	p := &manPage{}
	p.line(`.\" Made by "bordergw man".`)
	p.line(`.TH ` + roff(strings.ToUpper(name)) + ` ` + section + ` ` + date + ` bordergw "bordergw manual"`)
	return p
}

func (p *manPage) line(s string) { p.WriteString(s + "\n") }

func (p *manPage) section(title string) { p.line(".SH " + title) }

// tagged is a paragraph behind a word.
func (p *manPage) tagged(tag, text string) {
	p.line(".TP")
	p.line(tag)
	p.line(text)
}

// prose is text of paragraphs. Lines that are indented are shown as they are.
func (p *manPage) prose(text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			p.line(".PP")
		}
		if strings.HasPrefix(paragraph, " ") || strings.HasPrefix(paragraph, "\t") {
			p.example(paragraph)
		} else {
			p.line(roff(paragraph))
		}
	}
}

// example shows lines as they are.
func (p *manPage) example(text string) {
	p.line(".EX")
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		p.line(roff(strings.ReplaceAll(line, "\t", "    ")))
	}
	p.line(".EE")
}

// options are the flags of a command that users see.
func (p *manPage) options(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		tag := `\fB` + roff("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			tag = `\fB` + roff("-"+f.Shorthand) + `\fR, ` + tag
		}
		switch {
		case kind != "" && f.NoOptDefVal != "":
			tag += `[=\fI` + roff(kind) + `\fR]`
		case kind != "":
			tag += ` \fI` + roff(kind) + `\fR`
		}
		p.tagged(tag, roff(usage+shownDefault(f)))
	})
}

// shownDefault is the default of a flag as help shows it, where it says anything.
func shownDefault(f *pflag.Flag) string {
	if f.Name == "data-dir" && f.DefValue != "" { // that of whoever makes the page is not the reader's
		return " (default /var/lib/bordergw for root, else bordergw below $XDG_STATE_HOME or ~/.local/state)"
	}
	if slices.Contains([]string{"", "0", "0s", "false", "[]"}, f.DefValue) {
		return ""
	}
	return " (default " + f.DefValue + ")"
}
