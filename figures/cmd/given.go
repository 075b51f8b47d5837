// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"fmt"
	"math"
	"reflect"

	"github.com/alecthomas/kong"
)

// checkGiven refuses values of flags and arguments that are never meant: a list that is empty, as from a variable that
// is not set, or names something twice, a number below 0, and one that is not finite.
func checkGiven(parsed *kong.Context) error {
	for _, p := range parsed.Path {
		var name string
		var value reflect.Value
		switch {
		case p.Flag != nil:
			name, value = "--"+p.Flag.Name, p.Flag.Target
		case p.Positional != nil:
			name, value = "<"+p.Positional.Name+">", p.Positional.Target
		default:
			continue
		}
		if value.Kind() == reflect.Pointer && !value.IsNil() {
			value = value.Elem()
		}
		switch {
		case value.Kind() == reflect.Slice && value.Len() == 0:
			return fmt.Errorf("%s must name at least one, found none", name)
		case value.Kind() == reflect.Slice:
			seen := map[any]bool{}
			for i := range value.Len() {
				one := value.Index(i).Interface()
				if seen[one] {
					return fmt.Errorf("%s must name each but once, found %v again", name, one)
				}
				seen[one] = true
			}
		case value.CanInt() && value.Int() < 0:
			return fmt.Errorf("%s must be at least 0, found %v", name, value)
		case value.CanFloat() && !(value.Float() >= 0 && value.Float() <= math.MaxFloat64):
			return fmt.Errorf("%s must be a finite number of at least 0, found %v", name, value)
		}
	}
	return nil
}
