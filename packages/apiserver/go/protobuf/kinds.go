package main

import (
	"fmt"
	"reflect"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// newScheme knows every group in which the server serves a kind.
func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, authenticationv1.AddToScheme, authorizationv1.AddToScheme, autoscalingv1.AddToScheme,
		autoscalingv2.AddToScheme, batchv1.AddToScheme, coordinationv1.AddToScheme, corev1.AddToScheme,
		eventsv1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme, rbacv1.AddToScheme,
		apiextensionsv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	return scheme
}

// kindOf parses a line such as "apps/v1 Deployment".
func kindOf(line string) schema.GroupVersionKind {
	version, kind, _ := strings.Cut(line, " ")
	return schema.FromAPIVersionAndKind(version, kind)
}

func newObject(scheme *runtime.Scheme, line string) runtime.Object {
	object, err := scheme.New(kindOf(line))
	if err != nil {
		panic(err)
	}
	return object
}

// Types that are one thing in JSON and another in protobuf, by the names that the table gives them.
var special = map[reflect.Type]string{
	reflect.TypeFor[metav1.Time]():                                  "time",
	reflect.TypeFor[metav1.MicroTime]():                             "microtime",
	reflect.TypeFor[resource.Quantity]():                            "quantity",
	reflect.TypeFor[intstr.IntOrString]():                           "intstr",
	reflect.TypeFor[metav1.FieldsV1]():                              "json",
	reflect.TypeFor[runtime.RawExtension]():                         "json",
	reflect.TypeFor[apiextensionsv1.JSON]():                         "json",
	reflect.TypeFor[apiextensionsv1.JSONSchemaPropsOrBool]():        "schemaOrBool",
	reflect.TypeFor[apiextensionsv1.JSONSchemaPropsOrArray]():       "schemaOrList",
	reflect.TypeFor[apiextensionsv1.JSONSchemaPropsOrStringArray](): "schemaOrStrings",
	reflect.TypeFor[authenticationv1.ExtraValue]():                  "strings",
	reflect.TypeFor[authorizationv1.ExtraValue]():                   "strings",
}

var scalars = map[reflect.Kind]string{
	reflect.String: "string", reflect.Bool: "bool", reflect.Int32: "int32", reflect.Int64: "int64",
	reflect.Float64: "double",
}

// The messages that the special types of CustomResourceDefinitions hold.
var inside = map[string]reflect.Type{
	"schemaOrBool":    reflect.TypeFor[apiextensionsv1.JSONSchemaProps](),
	"schemaOrList":    reflect.TypeFor[apiextensionsv1.JSONSchemaProps](),
	"schemaOrStrings": reflect.TypeFor[apiextensionsv1.JSONSchemaProps](),
}

// packageOf names a type's package by group and version: core/v1, meta/v1.
func packageOf(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	if len(parts) < 2 {
		panic(fmt.Sprintf("%s has no package", t))
	}
	return strings.Join(parts[len(parts)-2:], "/")
}
