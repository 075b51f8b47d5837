// SPDX-License-Identifier: Apache-2.0

// Notebooks sets up what the project's notebooks need, and opens them in JupyterLab or executes them headless.
//
//	go run ./notebooks                                set up what is missing, then open JupyterLab
//	go run ./notebooks -setup                         only set up
//	go run ./notebooks -execute NAME... [-timeout D]  execute notebooks/NAME.ipynb into build/notebooks
//	go run ./notebooks -execute NAME... -html         and write each as a page with its pictures, too
//
// It needs Go, a C compiler and Python 3.11 or newer with venv. All that it installs lies in .venv and, the XLA plugin,
// in the user's cache folder; once that is done it needs no network.
package main

//go:generate go run ./generate

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if err := run(interruptible(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "notebooks:", err)
		if by := new(interrupted); errors.As(err, by) {
			os.Exit(128 + int(by.Signal))
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("notebooks", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: go run ./notebooks [-setup | -execute NAME... [-timeout D] [-html]]")
		flags.PrintDefaults()
	}
	setupOnly := flags.Bool("setup", false, "set up what is missing, and no more")
	execute := flags.Bool("execute", false, "execute the named notebooks headless into build/notebooks")
	timeout := flags.Duration("timeout", 30*time.Minute, "with -execute: time that one notebook may take")
	html := flags.Bool("html", false, "with -execute: also write each executed notebook as one HTML file")
	names, err := parse(flags, args)
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if *execute != (len(names) > 0) || *execute && *setupOnly || *html && !*execute ||
		given["timeout"] && !*execute || *timeout <= 0 {
		flags.Usage()
		return fmt.Errorf("-execute needs the names of notebooks, -html and a positive -timeout belong to it, "+
			"and nothing else takes names; found %q", args)
	}
	root, err := repository()
	if err != nil {
		return err
	}
	paths, err := notebookPaths(root, names)
	if err != nil {
		return err
	}
	e, err := newEnvironment(root)
	if err != nil {
		return err
	}
	if err := e.setUp(ctx, !*execute); err != nil {
		return err
	}
	switch {
	case *setupOnly:
		return nil
	case *execute:
		return e.executeAll(ctx, paths, *timeout, *html)
	default:
		return e.openLab(ctx)
	}
}

// parse reads flags, before and after other arguments, and returns the other arguments.
func parse(flags *flag.FlagSet, args []string) (names []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return names, nil
		}
		names, args = append(names, flags.Arg(0)), flags.Args()[1:]
	}
}

// repository is the folder above the working folder, or itself, that holds the project's go.mod.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for start := dir; ; dir = filepath.Dir(dir) {
		if data, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil &&
			strings.HasPrefix(string(data), "module dpt\n") {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("run this inside the repository: no go.mod of module dpt in %s or above it", start)
		}
	}
}

// notebookPaths finds the notebooks that have the given names, with or without ".ipynb".
func notebookPaths(root string, names []string) ([]string, error) {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(root, "notebooks", strings.TrimSuffix(filepath.Base(name), ".ipynb")+".ipynb")
		info, err := os.Stat(paths[i])
		found := err == nil
		if filepath.Base(name) != name { // a path, which must lead to it
			named, err := os.Stat(name)
			found = found && err == nil && os.SameFile(info, named)
		}
		if !found {
			there, _ := fs.Glob(os.DirFS(filepath.Join(root, "notebooks")), "*.ipynb")
			for j := range there {
				there[j] = strings.TrimSuffix(there[j], ".ipynb")
			}
			return nil, fmt.Errorf("a notebook is one of %s; found %q", strings.Join(there, ", "), name)
		}
	}
	return paths, nil
}
