/* The data folder: made, entered, and locked. */
#ifndef NX_MAIN_NIXACTL_FOLDER_H
#define NX_MAIN_NIXACTL_FOLDER_H

#include "base/result.h"

#include <sys/types.h>

/* Makes the folder (0700, with its parents) if it is not there, refuses one that belongs to somebody else or
 * that others may write to, makes it the working directory, and makes its sub-folders. Says why it fails. */
NX_FALLIBLE nx_folder_enter(const char *path);
/* Takes the folder for this process: NX_LOCK_FILE, held until the process ends, its id inside. Waits up to 5
 * s for the children of a supervisor that was killed: they hold a lock of their own. The working directory is
 * the folder. NX_ERR_CONFLICT when somebody runs on it. Says why it fails. */
NX_FALLIBLE nx_folder_lock(void);
/* The process that runs on the folder; 0 when none does. Never disturbs the lock. */
pid_t nx_folder_holder(const char *path);

#endif
