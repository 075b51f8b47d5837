// SPDX-License-Identifier: Apache-2.0

package prompt

import (
	"bytes"
	jsonv1 "encoding/json" // writes what IDs are hashes of
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json" // reads strictly: no duplicate names, no other case
	"github.com/go-json-experiment/json/jsontext"
	. "github.com/gomlx/gomlx/core/graph"
)

// registered holds the known methods, with the default values of their fields, in the order of registration.
var registered []Method

// Register makes a method known by its name, so that records, stored prompts and commands can name it, and returns it.
// The fields of the given value are the defaults for fields that an experiment leaves out. In a notebook,
//
//	var mine = prompt.Register(Mine{Length: 20})
//
// in the cell that defines Mine registers it for all cells. Register panics if the name is empty or taken, or if a
// value does not survive being written as JSON and read back.
func Register(method Method) Method {
	name := plain(method.Name())
	switch i := find(method.Name()); {
	case name == "":
		panic(errors.New("prompt: a method must have a name"))
	case reflect.TypeOf(method).Kind() == reflect.Pointer:
		panic(fmt.Errorf("prompt: method %s must be registered as a value, not as a pointer", method.Name()))
	case i >= 0:
		panic(fmt.Errorf("prompt: a method's name must be its own, but %T is already registered as %s: give %T "+
			"another Name",
			registered[i], registered[i].Name(), method))
	}
	registered = append(registered, method)
	for _, value := range []Method{method, reflect.Zero(reflect.TypeOf(method)).Interface().(Method)} {
		if err := checkJSON(value); err != nil {
			panic(fmt.Errorf("prompt: %w", err))
		}
	}
	return method
}

// checkJSON ensures that the value of a registered method survives being written as JSON and read back.
func checkJSON(method Method) error {
	back, text, err := asStored(method)
	if err != nil || !reflect.DeepEqual(back, method) {
		return fmt.Errorf("method %s must be the same after it was written as JSON, %s, and read back, found %+v (%v): "+
			"export its fields, and use omitempty only where the default is the zero value",
			method.Name(), text, back, err)
	}
	return nil
}

// checkValue ensures that records can hold a method's value: numbers must be finite, and text UTF-8. That a list is
// empty and not nil makes no difference.
func checkValue(method Method) error {
	back, text, err := asStored(method)
	var again []byte
	if err == nil {
		_, again, err = asStored(back)
	}
	if err != nil || !bytes.Equal(text, again) || bytes.Contains(text, []byte(`\ufffd`)) {
		return fmt.Errorf("method %s: its fields must be finite numbers and text in UTF-8, found %+v (%v)",
			method.Name(), method, err)
	}
	return nil
}

// asStored returns a method as a record holds it, and read back from there.
func asStored(method Method) (back Method, text []byte, err error) {
	var spec Spec
	if text, err = jsonv1.Marshal(Spec{method}); err == nil {
		err = json.Unmarshal(text, &spec)
	}
	return spec.Method, text, err
}

// Names lists the registered methods, in the order of registration.
func Names() []string {
	names := make([]string, len(registered))
	for i, m := range registered {
		names[i] = m.Name()
	}
	return names
}

// Named returns a registered method with its default fields. Case, spaces and hyphens make no difference to the name,
// and its beginning is enough if no other method's name begins with it.
func Named(name string) (Method, error) {
	if i := find(name); i >= 0 {
		return registered[i], nil
	}
	var candidates []Method
	for _, m := range registered {
		if start := plain(name); start != "" && strings.HasPrefix(plain(m.Name()), start) {
			candidates = append(candidates, m)
		}
	}
	if len(candidates) != 1 {
		return nil, fmt.Errorf("a method must be one of %s, found %q", strings.Join(Names(), ", "), name)
	}
	return candidates[0], nil
}

// CheckRegistered ensures that records of the method can be read back as the same method.
func CheckRegistered(method Method) error {
	if method == nil {
		return errors.New("a run needs a method, found none")
	}
	i := find(method.Name())
	switch {
	case i < 0:
		return fmt.Errorf("method %s (%T) must be registered before it is trained: call prompt.Register", method.Name(),
			method)
	case reflect.TypeOf(registered[i]) != reflect.TypeOf(method):
		return fmt.Errorf("the name %s belongs to %T: give %T a Name of its own and register it with prompt.Register",
			method.Name(), registered[i], method)
	}
	return checkValue(method)
}

// Foreign reports whether a method's code is not part of this module, so that the module's version says nothing about
// it.
func Foreign(method Method) bool {
	path := reflect.TypeOf(method).PkgPath()
	return path != "dpt" && !strings.HasPrefix(path, "dpt/")
}

func find(name string) int {
	return slices.IndexFunc(registered, func(m Method) bool { return plain(m.Name()) == plain(name) })
}

// plain returns a name without case, spaces and punctuation.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// Spec is a method as JSON stores it: an object with its name, as "name", and its fields.
type Spec struct{ Method }

// MarshalJSON implements [json.Marshaler].
func (s Spec) MarshalJSON() ([]byte, error) {
	if s.Method == nil {
		return nil, errors.New("a run needs a method, found none")
	}
	if u, ok := s.Method.(Unknown); ok {
		return u.text, nil
	}
	fields, err := jsonv1.Marshal(s.Method)
	if err != nil {
		return nil, err
	}
	name, err := jsonv1.Marshal(s.Name())
	if err != nil {
		return nil, err
	}
	separator := ","
	if string(fields) == "{}" {
		separator = ""
	}
	return append([]byte(`{"name":`+string(name)+separator), fields[1:]...), nil
}

// UnmarshalJSON implements [json.Unmarshaler]. Fields that are left out have the registered method's values; a field
// that the method does not have is an error. A method that is not registered becomes an [Unknown].
func (s *Spec) UnmarshalJSON(data []byte) error {
	var fields map[string]jsontext.Value
	var name string
	if err := json.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf(`a method must be an object with a "name": %w`, err)
	}
	if err := json.Unmarshal(fields["name"], &name); err != nil || name == "" {
		return fmt.Errorf(`a method must be an object with a "name", found %s`, data)
	}
	i := slices.IndexFunc(registered, func(m Method) bool { return m.Name() == name })
	if i < 0 {
		u := Unknown{name: name, text: bytes.Clone(data)}
		for _, field := range []string{"length", "Length"} {
			json.Unmarshal(fields[field], &u.length) // as far as it is a number
		}
		s.Method = u
		return nil
	}
	all, err := fieldsOf(registered[i])
	if err != nil {
		return err
	}
	delete(fields, "name")
	maps.Copy(all, fields)
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	method := reflect.New(reflect.TypeOf(registered[i]))
	if err := json.Unmarshal(text, method.Interface(), json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("method %s: %w", name, err)
	}
	s.Method = method.Elem().Interface().(Method)
	return nil
}

// fieldsOf returns a method's fields as JSON.
func fieldsOf(method Method) (fields map[string]jsontext.Value, err error) {
	text, err := jsonv1.Marshal(method)
	if err != nil {
		return nil, err
	}
	return fields, json.Unmarshal(text, &fields)
}

// Unknown is a method that a record names and this program does not know. The record can be read, listed and drawn.
type Unknown struct {
	name   string
	length int    // its field "length", if it has one
	text   []byte // the JSON that names it
}

// Name implements [Method].
func (u Unknown) Name() string { return u.name }

// Vectors implements [Method].
func (u Unknown) Vectors() int { return u.length }

// Init implements [Method]; it returns an error that says what to register.
func (u Unknown) Init(Backbone, *rand.Rand) ([]Variable, error) {
	return nil, fmt.Errorf("method %s is not known: register it with prompt.Register (in a notebook, run the cell "+
		"that defines it)", u.name)
}

// Prompt implements [Method]; it is never called, because Init fails.
func (u Unknown) Prompt(Variables) *Node { panic(fmt.Errorf("method %s is not known", u.name)) }
