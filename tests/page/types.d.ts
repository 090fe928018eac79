/** Half of the scripts run in Node, too, where a module has this. */
declare const module: any;
