#include <nanobind/nanobind.h>
NB_MODULE(_engine, m) { m.def("instruction_set", []() { return "scalar"; }); }
