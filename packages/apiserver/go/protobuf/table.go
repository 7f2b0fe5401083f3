package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// table collects the messages that the kinds reach, by package.
type table struct {
	roots    map[reflect.Type]bool
	messages map[string]map[string]string
}

// writeTable gives one line for a package and one for each of its messages.
func writeTable(scheme *runtime.Scheme, kinds []string) string {
	t := table{roots: map[reflect.Type]bool{}, messages: map[string]map[string]string{}}
	for _, kind := range kinds {
		t.roots[reflect.TypeOf(newObject(scheme, kind)).Elem()] = true
	}
	for root := range t.roots {
		t.add(root)
	}
	var text strings.Builder
	for _, group := range sortedKeys(t.messages) {
		fmt.Fprintf(&text, "%s\n", group)
		for _, name := range sortedKeys(t.messages[group]) {
			fmt.Fprintf(&text, " %s\n", strings.TrimRight(t.messages[group][name], " "))
		}
	}
	return text.String()
}

func (t *table) add(message reflect.Type) {
	group := packageOf(message)
	if t.messages[group] == nil {
		t.messages[group] = map[string]string{}
	}
	if _, known := t.messages[group][message.Name()]; known {
		return
	}
	t.messages[group][message.Name()] = "" // a message may hold itself
	words := []string{message.Name() + ":"}
	if t.roots[message] {
		words[0] = message.Name() + "!:"
	}
	for i := range message.NumField() {
		if field := message.Field(i); field.Tag.Get("protobuf") != "" {
			words = append(words, t.field(group, field))
		}
	}
	slices.SortStableFunc(words[1:], func(a, b string) int { return numberIn(a) - numberIn(b) })
	t.messages[group][message.Name()] = strings.Join(words, " ")
}

// field is `name=number:type` with its marks. A field without a name stands in JSON inside its parent.
func (t *table) field(group string, field reflect.StructField) string {
	name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
	number := strings.Split(field.Tag.Get("protobuf"), ",")[1]
	inlined := field.Anonymous && slices.Contains(strings.Split(options, ","), "inline")
	if inlined != (name == "") {
		panic(fmt.Sprintf("%s of %s is neither named nor inlined", field.Name, group))
	}
	kind, marks := field.Type, ""
	if kind.Kind() == reflect.Pointer {
		kind, marks = kind.Elem(), "*"
	}
	if special[kind] == "" && isBytes(kind) {
		return fmt.Sprintf("%s=%s:bytes%s", name, number, marks+shown(field, options))
	}
	if special[kind] == "" && kind.Kind() == reflect.Slice {
		kind, marks = kind.Elem(), marks+"[]"
	} else if kind.Kind() == reflect.Map {
		if kind.Key().Kind() != reflect.String {
			panic("a map whose keys are not strings")
		}
		kind, marks = kind.Elem(), marks+"{}"
	}
	if inlined {
		return fmt.Sprintf("=%s:%s%s", number, t.typeName(group, kind), marks)
	}
	return fmt.Sprintf("%s=%s:%s%s", name, number, t.typeName(group, kind), marks+shown(field, options))
}

// shown marks a field that JSON shows even when it is not set.
func shown(field reflect.StructField, options string) string {
	words := strings.Split(options, ",")
	switch field.Type.Kind() {
	case reflect.Struct:
		if slices.Contains(words, "omitzero") {
			return ""
		}
	default:
		if slices.Contains(words, "omitempty") || slices.Contains(words, "omitzero") {
			return ""
		}
	}
	return "!"
}

func (t *table) typeName(group string, kind reflect.Type) string {
	if name := special[kind]; name != "" {
		if message := inside[name]; message != nil {
			t.add(message)
		}
		return name
	}
	if isBytes(kind) {
		return "bytes"
	}
	if name := scalars[kind.Kind()]; name != "" {
		return name
	}
	if kind.Kind() != reflect.Struct || kind.Implements(marshaler) || reflect.PointerTo(kind).Implements(marshaler) {
		panic(fmt.Sprintf("no rule for %s", kind))
	}
	t.add(kind)
	if own := packageOf(kind); own != group {
		return own + "." + kind.Name()
	}
	return kind.Name()
}

var marshaler = reflect.TypeFor[json.Marshaler]()

func isBytes(kind reflect.Type) bool {
	return kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Uint8
}

func numberIn(field string) int {
	_, rest, _ := strings.Cut(field, "=")
	var number int
	fmt.Sscanf(rest, "%d:", &number)
	return number
}

func sortedKeys[V any](values map[string]V) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
