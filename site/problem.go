package site

import (
	"fmt"
	"slices"
	"strings"

	"bordergw/model"
)

// maxProblems bounds what is said of one file.
const maxProblems = 20

// Problem is one thing that is wrong with a file. Lines and columns count from 1.
type Problem struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// Problems is all that is wrong with a file, in the order of the file.
type Problems struct {
	// File is the name that Parse was given.
	File string
	List []Problem
	// More is how many are not in List.
	More int
}

// Error gives one line FILE:LINE:COLUMN: MESSAGE for each problem.
func (p *Problems) Error() string { return strings.Join(p.Lines(), "\n") }

// Lines are the lines of Error.
func (p *Problems) Lines() []string {
	var out []string
	for _, one := range p.List {
		out = append(out, fmt.Sprintf("%s:%d:%d: %s", p.File, one.Line, one.Column, model.Printable(one.Message)))
	}
	if p.More > 0 {
		out = append(out, fmt.Sprintf("%s: and %d more", p.File, p.More))
	}
	return out
}

// add keeps the first problems in the order of the file.
func (p *Problems) add(line, column int, format string, args ...any) {
	one := Problem{line, column, fmt.Sprintf(format, args...)}
	at, _ := slices.BinarySearchFunc(p.List, one, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		if a.Column != b.Column {
			return a.Column - b.Column
		}
		return -1 // behind those of the same place
	})
	p.List = slices.Insert(p.List, at, one)
	if len(p.List) > maxProblems {
		p.List = p.List[:maxProblems]
		p.More++
	}
}

// orNil is an error if there is a problem.
func (p *Problems) orNil() error {
	if len(p.List) == 0 {
		return nil
	}
	return p
}
