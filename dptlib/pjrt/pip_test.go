// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// index is a folder of wheels that pip finds, and nothing else, with a wheel like that of the CPU plugin; w is pinned
// to it.
func index(t *testing.T) (w *wheels, dir string) {
	t.Helper()
	var file bytes.Buffer
	archive := zip.NewWriter(&file)
	info := "lammps_jax_pjrt_cpu-0.11.2.dist-info/"
	for _, entry := range [][2]string{
		{cpuWheels.packaged, string(content)},
		{info + "METADATA", "Metadata-Version: 2.1\nName: lammps-jax-pjrt-cpu\nVersion: 0.11.2\nRequires-Dist: none\n"},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{info + "RECORD", cpuWheels.packaged + ",,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n"},
	} {
		out, err := archive.Create(entry[0])
		if err == nil {
			_, err = out.Write([]byte(entry[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	path := filepath.Join(dir, "lammps_jax_pjrt_cpu-0.11.2-py3-none-any.whl")
	if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	w = serving(t.TempDir(), nil)
	w.pip = pipInstall
	w.requirements = fmt.Sprintf("lammps-jax-pjrt-cpu==0.11.2 --hash=sha256:%x\n", sha256.Sum256(file.Bytes()))
	t.Setenv("PIP_FIND_LINKS", dir)
	t.Setenv("PIP_NO_INDEX", "1")
	return w, dir
}

// pip's settings may not lead the packages elsewhere, nor may what lies in the working folder.
func TestPipInstall(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	hostile := map[string]string{"target": elsewhere, "prefix": elsewhere, "root": elsewhere, "user": "1",
		"require-virtualenv": "1", "no-binary": ":all:", "requirement": "/no.txt", "constraint": "/no.txt",
		"dry-run": "1", "platform": "win32", "python-version": "2.7", "editable": "/no"}
	lines := ""
	for name, value := range hostile {
		lines += name + " = " + value + "\n"
	}
	for name, prepare := range map[string]func(t *testing.T, dir string){
		"variables": func(t *testing.T, _ string) {
			for name, value := range hostile {
				t.Setenv("PIP_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), value)
			}
		},
		"pip.conf": func(t *testing.T, dir string) {
			config := t.TempDir()
			path := filepath.Join(config, "pip", "pip.conf")
			lines += "[global]\nuser = true\nrequire-virtualenv = true\nno-index = true\nfind-links = " + dir + "\n"
			err := errors.Join(os.Mkdir(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("[install]\n"+lines),
				0o644))
			if err != nil {
				t.Fatal(err)
			}
			os.Unsetenv("PIP_FIND_LINKS")
			os.Unsetenv("PIP_NO_INDEX")
			t.Setenv("XDG_CONFIG_HOME", config)
		},
		"working folder, from which wheels are named": func(t *testing.T, dir string) {
			t.Chdir(filepath.Dir(dir))
			t.Setenv("PIP_FIND_LINKS", filepath.Base(dir))
			for _, name := range []string{"pip", "venv", "site", "zipfile", "sitecustomize"} {
				if err := os.WriteFile(name+".py", []byte(`open("`+elsewhere+`", "w")`), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PYTHONPATH", ".")
			t.Setenv("PYTHONSTARTUP", "pip.py")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, dir := index(t)
			prepare(t, dir)
			if err := w.install(t.Context()); err != nil {
				t.Fatal(err)
			}
			checkInstalled(t, w)
			if _, err := os.Lstat(elsewhere); err == nil {
				t.Errorf("%s must not be made", elsewhere)
			}
		})
	}
}

// A wheel with another hash ends the installation with both hashes.
func TestPipRefusesOtherHash(t *testing.T) {
	w, dir := index(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, 0) // a comment of the archive: still a good zip file
	if err := os.WriteFile(files[0], data, 0o644); err != nil {
		t.Fatal(err)
	}
	_, pinned, _ := strings.Cut(strings.TrimSpace(w.requirements), "sha256:")
	_, err = w.libraries(t.Context())
	for _, word := range []string{pinned, fmt.Sprintf("%x", sha256.Sum256(data))} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("error %v, must mention %s", err, word)
		}
	}
	if list := names(t, w.root); len(list) != 0 {
		t.Errorf("the cache holds %v, must be empty", list)
	}
}

// A Python without pip gets one in a virtual environment. (This one's is no more than a link to the real Python.)
func TestPythonWithoutPip(t *testing.T) {
	w, _ := index(t)
	whole, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal(err)
	}
	bare := t.TempDir()
	script := `#!/bin/sh
case "$1 $2 $3" in
"-I -m venv") mkdir -p "$4/bin" && ln -s "` + whole + `" "$4/bin/python" ;;
*) echo "No module named pip" >&2; exit 1 ;;
esac
`
	if err := os.WriteFile(filepath.Join(bare, "python3"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bare+":"+os.Getenv("PATH"))
	if err := w.install(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkInstalled(t, w)
}
