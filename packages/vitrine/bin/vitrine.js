#!/usr/bin/env node
// Here before the first build, so that npm can link the command.
import '../dist/cli/main.js';
