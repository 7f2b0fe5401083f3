package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// sample is one object as Go writes it in both encodings.
type sample struct {
	Name     string          `json:"name"`
	Protobuf string          `json:"protobuf"`
	JSON     json.RawMessage `json:"json"`
}

// filler sets every field. A pointer to a scalar is set to its zero value when `zero` is.
type filler struct {
	zero  bool
	count int
	depth map[reflect.Type]int
}

// writeCorpus gives each kind with nothing set, with everything set, and with every pointer set to a zero value.
func writeCorpus(scheme *runtime.Scheme, kinds []string) []sample {
	serializer := protobuf.NewSerializer(scheme, scheme)
	samples := []sample{}
	for _, kind := range kinds {
		for _, form := range []string{"empty", "full", "zeros"} {
			object := newObject(scheme, kind)
			if form != "empty" {
				fill := filler{zero: form == "zeros", depth: map[reflect.Type]int{}}
				if _, isPod := object.(*corev1.Pod); !isPod {
					fill.depth[reflect.TypeFor[corev1.PodSpec]()] = 1 // a Pod is filled once, not in every template
				}
				fill.value(reflect.ValueOf(object).Elem())
			}
			object.GetObjectKind().SetGroupVersionKind(kindOf(kind))
			var binary bytes.Buffer
			if err := serializer.Encode(object, &binary); err != nil {
				panic(err)
			}
			text, err := json.Marshal(object)
			if err != nil {
				panic(err)
			}
			samples = append(samples, sample{
				Name:     fmt.Sprintf("%s %s", kind, form),
				Protobuf: base64.StdEncoding.EncodeToString(binary.Bytes()),
				JSON:     text,
			})
		}
	}
	return samples
}

func (f *filler) value(value reflect.Value) {
	f.count++
	if f.special(value) {
		return
	}
	switch value.Kind() {
	case reflect.Pointer:
		if elem := value.Type().Elem(); f.depth[elem] < limit(elem) {
			value.Set(reflect.New(elem))
			if _, isScalar := scalars[elem.Kind()]; !f.zero || !isScalar {
				f.value(value.Elem())
			}
		}
	case reflect.Struct:
		if f.depth[value.Type()] >= limit(value.Type()) {
			return
		}
		f.depth[value.Type()]++
		for i := range value.NumField() {
			if field := value.Type().Field(i); field.Type != reflect.TypeFor[metav1.TypeMeta]() {
				f.value(value.Field(i))
			}
		}
		f.depth[value.Type()]--
	case reflect.Slice:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			value.Set(reflect.ValueOf([]byte{0, 255, byte(f.count)}).Convert(value.Type()))
			return
		}
		length := 1
		if _, isScalar := scalars[value.Type().Elem().Kind()]; isScalar {
			length = 2
		}
		value.Set(reflect.MakeSlice(value.Type(), length, length))
		for i := range length {
			f.value(value.Index(i))
		}
	case reflect.Map:
		value.Set(reflect.MakeMap(value.Type()))
		for _, key := range []string{"b", "a.b/ü"} {
			item := reflect.New(value.Type().Elem()).Elem()
			f.value(item)
			value.SetMapIndex(reflect.ValueOf(key).Convert(value.Type().Key()), item)
		}
	case reflect.String:
		value.SetString(fmt.Sprintf("s%d", f.count))
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int32:
		value.SetInt(int64(-f.count))
	case reflect.Int64:
		value.SetInt(1<<40 + int64(f.count))
	case reflect.Float64:
		value.SetFloat(0.5 + float64(f.count))
	default:
		panic(fmt.Sprintf("no value for %s", value.Type()))
	}
}

// special sets the types that are not what their Go fields say, and tells whether it did.
func (f *filler) special(value reflect.Value) bool {
	at := time.Unix(1_700_000_000+int64(f.count), 123_456_000).UTC()
	switch typed := value.Addr().Interface().(type) {
	case *metav1.Time:
		*typed = metav1.NewTime(at)
	case *metav1.MicroTime:
		*typed = metav1.NewMicroTime(at)
	case *resource.Quantity:
		*typed = resource.MustParse(fmt.Sprintf("%d.5Gi", f.count))
	case *intstr.IntOrString:
		*typed = intstr.FromInt32(int32(f.count))
		if f.count%2 == 0 {
			*typed = intstr.FromString(fmt.Sprintf("%d%%", f.count))
		}
	case *metav1.FieldsV1:
		typed.Raw = []byte(`{"f:spec":{".":{}}}`)
	case *apiextensionsv1.JSON:
		typed.Raw = []byte(`{"a":[1,null,"x"]}`)
	case *runtime.RawExtension:
		typed.Raw = []byte(`{"kind":"Any"}`)
	case *apiextensionsv1.JSONSchemaPropsOrBool:
		typed.Allows = true
		if !f.zero {
			f.value(reflect.ValueOf(&typed.Schema).Elem())
		}
	case *apiextensionsv1.JSONSchemaPropsOrArray:
		f.value(reflect.ValueOf(&typed.JSONSchemas).Elem())
		if !f.zero {
			typed.JSONSchemas = nil
			f.value(reflect.ValueOf(&typed.Schema).Elem())
		}
	case *apiextensionsv1.JSONSchemaPropsOrStringArray:
		if f.zero {
			typed.Property = []string{"a", "b"}
		} else {
			f.value(reflect.ValueOf(&typed.Schema).Elem())
		}
	default:
		return false
	}
	return true
}

// limit is how deep a type may stand in itself. A JSON schema holds schemas.
func limit(kind reflect.Type) int {
	if kind == reflect.TypeFor[apiextensionsv1.JSONSchemaProps]() {
		return 1
	}
	if kind == reflect.TypeFor[corev1.PodSpec]() {
		return 1
	}
	return 2
}
