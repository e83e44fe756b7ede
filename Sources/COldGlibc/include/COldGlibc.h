/* Nothing to call: a release is linked with --wrap=hypotf and --wrap=arc4random, which sends these calls here. */
#pragma once
