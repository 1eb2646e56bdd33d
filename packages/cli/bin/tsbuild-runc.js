#!/usr/bin/env node
import "../dist/runc/main.js";
